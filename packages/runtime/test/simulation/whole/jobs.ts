import { type ChildContext, type ChildSpec, TaskRegistry } from "../../../src/index.ts";
import type { Machine, World } from "../../../src/testing/index.ts";
import { pick, whole } from "./draw.ts";

const budgetMs = 100;

/** Tracked tasks that end by themselves, when they are aborted, or never; joined within a budget: I4. */
export function jobsSpec(world: World, { clock, random }: Machine): ChildSpec {
  const start = async ({ token, run }: ChildContext): Promise<void> => {
    const registry = new TaskRegistry(undefined, { clock });
    const deaf = new Set<string>();
    for (let i = whole(random, 1, 3); i > 0; i--) {
      const manner = pick(random, ["brief", "until aborted", "until aborted", "deaf"] as const);
      const name = `${manner} ${i}`;
      if (manner === "deaf") deaf.add(name);
      registry.spawn(name, { kind: "maintenance" }, async (own) => {
        if (manner === "brief") await clock.sleep(whole(random, 1, 300));
        else if (manner === "until aborted") await own.cancelled;
        else await new Promise(() => {});
      });
    }
    await token.cancelled;
    const asked = clock.monotonic();
    const { laggards } = await registry.joinAll(budgetMs);
    const tookMs = clock.monotonic() - asked;
    world.assert("I4", tookMs <= budgetMs, `a join within ${budgetMs} ms took ${tookMs} ms`);
    const wrong = laggards.find(({ name }) => name.startsWith("until aborted"));
    world.assert("I4", !wrong, () => `${wrong?.name} of run ${run} was never told to abort`);
    const named = laggards.filter(({ name }) => deaf.has(name)).length;
    world.assert("I4", named === deaf.size, `${named} of ${deaf.size} laggards were named`);
    world.assert("I12", registry.size === 0, "a task is still tracked after the join");
    world.mark(laggards.length > 0 ? "a join left laggards" : "a join left nobody");
  };
  return { id: "jobs", stop: "infinity", start };
}
