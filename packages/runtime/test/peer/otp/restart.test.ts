// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { supervisorChild } from "../../../src/index.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import { counts, endings, fake, setUp, states, told } from "../rig.ts";

const down = ["shutdown", "{shutdown,term}"] as const;

test.each([
  ["permanent_normal", "permanent", ["normal"], "restarted"],
  ["permanent_shutdown", "permanent", down, "restarted"],
  ["permanent_abnormal", "permanent", ["abnormal"], "restarted"],
  ["transient_normal", "transient", ["normal"], "left"],
  ["transient_shutdown", "transient", down, "left"],
  ["transient_abnormal", "transient", ["abnormal"], "restarted"],
  ["temporary_normal", "temporary", ["normal"], "forgotten"],
  ["temporary_shutdown", "temporary", down, "forgotten"],
  ["temporary_abnormal", "temporary", ["abnormal"], "forgotten"],
] as const)("%s: a %s child that ends by %j is %s", async (_name, restart, ends, fate) => {
  for (const reason of ends) {
    const child = fake("child1", { restart });
    const { supervisor, exits, settle } = await setUp();
    await supervisor.startChild(child.spec);
    const [end, kind] = endings[reason];
    end(child);
    await settle();
    expect(exits()).toEqual([`child1 ${kind}`]);
    const restarted = fate === "restarted";
    expect([child.starts, child.isRunning]).toEqual(restarted ? [2, true] : [1, false]);
    expect(counts(supervisor)).toEqual({ specs: fate === "forgotten" ? 0 : 1, active: restarted ? 1 : 0 });
    if (fate === "left") await supervisor.restartChild("child1");
    if (fate === "forgotten") await supervisor.startChild(child.spec);
    expect(states(supervisor)).toEqual(["child1 running"]);
    await supervisor.stop();
  }
});

test("faulty_application_shutdown: the root cause, stack and all, reaches the one who started the tree", async () => {
  const bug = new Error("undef");
  const clock = new VirtualClock();
  const leaf = fake("leaf", told);
  leaf.failStarts(1, bug);
  const middle = supervisorChild("middle", { clock, children: [leaf.spec] });
  const top = supervisorChild("top", { clock, children: [middle] });
  const thrown: unknown = await setUp({ clock, children: [top] }).catch((error: unknown) => error);
  const chain: unknown[] = [];
  for (let at: unknown = thrown; at instanceof Error; at = at.cause) chain.push(at);
  const failed = (id: string) => ({ code: "CHILD_START_FAILED", details: { id } });
  expect(chain).toMatchObject([failed("top"), failed("middle"), failed("leaf"), bug]);
  expect(chain.at(-1)).toBe(bug);
  expect(bug.stack).toContain("restart.test");
  expect((thrown as Error).message).toContain("undef");
});

test.each(["one-for-all", "rest-for-one"] as const)(
  "temporary_bystander: %s does not revive a temporary sibling",
  async (strategy) => {
    const [child1, child2] = [fake("child1"), fake("child2", { restart: "temporary" })];
    const { supervisor, settle } = await setUp({ strategy }, child1, child2);
    child1.complete();
    await settle();
    expect(states(supervisor)).toEqual(["child1 running"]);
    expect([child1.starts, child2.starts, child2.isRunning]).toEqual([2, 1, false]);
    await supervisor.stop();
  },
);

test("multiple_restarts: crashes further apart than the period are borne for ever", async () => {
  const child = fake("child1", { stop: "brutal" });
  const { supervisor, clock } = await setUp({ intensity: 1, periodMs: 1_000 }, child);
  for (let i = 0; i < 4; i++) {
    child.crash();
    await clock.advance(2_100);
  }
  expect([child.starts, supervisor.snapshot().state]).toEqual([5, "running"]);
  await supervisor.stopChild("child1");
  await supervisor.deleteChild("child1");
  await supervisor.stop();
});
