// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ChildSpec, Restart, Strategy, SupervisorOptions } from "../../../src/index.ts";
import { hour, pool, setUp } from "../rig.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** How many are still held when garbage has been collected; one collection does not find all. */
const heldOf = async (refs: readonly WeakRef<object>[]): Promise<number> => {
  let held = refs.length;
  for (let round = 0; held > 0 && round < 10; round++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
    held = refs.filter((ref) => ref.deref()).length;
  }
  return held;
};

/** A child that is started with 50 kB of data, and ends as it is told to. */
const large = (id: string, restart: Restart) => {
  const data = new Uint8Array(50_000);
  const end = Promise.withResolvers<void>();
  const start: ChildSpec["start"] = async ({ token }) => {
    await Promise.race([end.promise, token.cancelled]);
    return data.length;
  };
  return { spec: { id, restart, start }, ref: new WeakRef(data), end };
};

/** How many of a hundred children's data are still held once all of them have ended by themselves. */
const heldAfter = async (
  options: SupervisorOptions,
  restart: Restart,
  end: (child: ReturnType<typeof large>) => void,
) => {
  const { supervisor, clock } = await setUp({ ...options, intensity: 1_000 });
  // In a function of its own, so that nothing here holds the last one.
  const run = async (id: string) => {
    const child = large(id, restart);
    await supervisor.startChild(child.spec);
    end(child);
    await clock.advance(0);
    return child.ref;
  };
  const refs: WeakRef<Uint8Array>[] = [];
  for (let i = 0; i < 100; i++) refs.push(await run(`${i}`));
  await clock.advance(hour);
  const held = await heldOf(refs);
  await supervisor.stop();
  return held;
};

const strategies: [string, SupervisorOptions][] = [
  ...(["one-for-all", "one-for-one", "rest-for-one"] as const).map(
    (strategy): [Strategy, SupervisorOptions] => [strategy, { strategy }],
  ),
  ["simple_one_for_one", pool],
];

test.each(strategies)("do_not_save_start_parameters_for_temporary_children: %s", async (_name, options) => {
  const complete = ({ end }: ReturnType<typeof large>) => end.resolve();
  const crash = ({ end }: ReturnType<typeof large>) => end.reject(new Error("abnormal"));
  expect(await heldAfter(options, "temporary", complete)).toBe(0);
  expect(await heldAfter(options, "temporary", crash)).toBe(0);
  expect(await heldAfter(options, "transient", complete)).toBe(100);
  expect(await heldAfter(options, "permanent", () => {})).toBe(100);
});

test("simple_one_for_one_corruption: after the first temporary member has died, the next ones' data are let go too", async () => {
  const { supervisor, clock } = await setUp(pool);
  const crash = async (id: string) => {
    const { spec, ref, end } = large(id, "temporary");
    await supervisor.startChild(spec);
    end.reject(new Error("abnormal"));
    await clock.advance(0);
    return ref;
  };
  const refs = [await crash("1"), await crash("2"), await crash("2")];
  expect(await heldOf(refs)).toBe(0);
  expect(supervisor.snapshot()).toMatchObject({ state: "running", children: [] });
  await supervisor.stop();
});
