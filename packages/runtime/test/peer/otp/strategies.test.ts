// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { type ChildSpec, type Strategy, Supervisor } from "../../../src/index.ts";
import { type FakeChild, VirtualClock } from "../../../src/testing/index.ts";
import {
  counts,
  exitsIn,
  fake,
  hour,
  lines,
  logged,
  pool,
  settledAfter,
  setUp,
  shutdown,
  states,
  watched,
} from "../rig.ts";

const spent = { kind: "failed", error: { code: "INTENSITY_EXCEEDED" }, left: [] };
const starts = (fakes: readonly FakeChild[]) => fakes.map((child) => child.starts);
const running = (fakes: readonly FakeChild[]) => fakes.map(({ isRunning }) => isRunning);

test("one_for_one: only the crashed one restarts, and the third restart within the period is one too many", async () => {
  const { fakes, log } = logged(["child1", "child2"]);
  const [child1, child2] = fakes;
  const { supervisor, settle } = await setUp({}, ...fakes);
  log.length = 0;
  child1?.crash();
  await settle();
  expect(log).toEqual(["end child1", "start child1"]);
  expect(counts(supervisor)).toEqual({ specs: 2, active: 2 });
  child2?.crash();
  await settle();
  child2?.crash();
  expect(await supervisor.done).toMatchObject(spent);
  expect([starts(fakes), running(fakes)]).toEqual([
    [2, 2],
    [false, false],
  ]);
});

test("one_for_all: the siblings are stopped and all are new, and no old run is alive", async () => {
  const { fakes, log } = logged(["child1", "child2"]);
  const { supervisor, settle } = await setUp({ strategy: "one-for-all" }, ...fakes);
  const old = fakes.map(({ live }) => live[0]);
  log.length = 0;
  fakes[0]?.crash();
  await settle();
  expect(log).toEqual(["end child1", "stop child2", "end child2", "start child1", "start child2"]);
  expect(fakes.map(({ live }) => live.length)).toEqual([1, 1]);
  for (const [index, { live }] of fakes.entries()) expect(live[0]).not.toBe(old[index]);
  expect(counts(supervisor)).toEqual({ specs: 2, active: 2 });
  fakes[1]?.crash();
  await settle();
  fakes[1]?.crash();
  expect(await supervisor.done).toMatchObject(spent);
  expect([starts(fakes), running(fakes)]).toEqual([
    [3, 3],
    [false, false],
  ]);
});

test("rest_for_one: the later children restart, the earlier are not touched", async () => {
  const { fakes, log } = logged(["child1", "child2", "child3"]);
  const [child1, child2, child3] = fakes;
  const { supervisor, settle } = await setUp({ strategy: "rest-for-one" }, ...fakes);
  const old = fakes.map(({ live }) => live[0]);
  log.length = 0;
  child2?.crash();
  await settle();
  expect(log).toEqual(["end child2", "stop child3", "end child3", "start child2", "start child3"]);
  expect(child1?.live).toEqual([old[0]]);
  expect(child2?.live).not.toContain(old[1]);
  expect(child3?.live).not.toContain(old[2]);
  expect(counts(supervisor)).toEqual({ specs: 3, active: 3 });
  child3?.crash();
  await settle();
  child2?.crash();
  expect(await supervisor.done).toMatchObject(spent);
  expect([starts(fakes), running(fakes)]).toEqual([
    [1, 2, 3],
    [false, false, false],
  ]);
});

/** OTP's case, then its strategy, the child that crashes, and the one that cannot be started again. */
const escalations: [string, Strategy, string, string][] = [
  ["one_for_one_escalation", "one-for-one", "child1", "child1"],
  ["one_for_all_escalation", "one-for-all", "child1", "child2"],
  ["simple_one_for_one_escalation", "one-for-one", "child1", "child1"],
  ["rest_for_one_escalation", "rest-for-one", "child1", "child2"],
];
test.each(escalations)(
  "%s: a restart that keeps failing ends the supervisor, siblings and all",
  async (name, strategy, crashing, failing) => {
    const fakes = ["child1", "child2"].map((id) => fake(id, { ready: async () => {} }));
    const options = { strategy, intensity: 4, ...(name.startsWith("simple") && pool) };
    const { supervisor } = await setUp(options);
    const events = watched(supervisor);
    for (const { spec } of fakes) await supervisor.startChild(spec);
    const byId = (id: string) => fakes.find(({ spec }) => spec.id === id);
    byId(failing)?.failStarts(1_000, new Error("error"));
    byId(crashing)?.crash();
    const exit = await supervisor.done;
    expect(exit).toMatchObject({ ...spent, error: { details: { id: failing } } });
    expect(running(fakes)).toEqual([false, false]);
    // The crash and three failed restarts are within the intensity; the fourth failure is one too many.
    expect(byId(failing)?.starts).toBe(1 + 4);
    expect(events.map(({ type }) => type).filter((type) => type === "child-restarting")).toHaveLength(4);
  },
);

/** Its start is let through, or refused, by the test. */
const gated = (id: string, clock: VirtualClock) => fake(id, { ready: () => clock.sleep(1) });

test("one_for_all_other_child_fails_restart: child 1, started anew, is stopped again when child 2 does not start", async () => {
  const clock = new VirtualClock();
  const [child1, child2] = [gated("child1", clock), gated("child2", clock)];
  const supervisor = new Supervisor({
    clock,
    strategy: "one-for-all",
    intensity: 3,
    periodMs: hour,
    children: [child1.spec, child2.spec],
  });
  const events = watched(supervisor);
  expect(await settledAfter(clock, supervisor.start(), 10)).toBe(2);
  child2.failStarts(1);
  child1.crash();
  await clock.advance(10);
  expect(exitsIn(events)).toEqual(["child1 failed", "child2 stopped", "child2 failed", "child1 stopped"]);
  expect([child1.starts, child2.starts, states(supervisor)]).toEqual([
    3,
    3,
    ["child1 running", "child2 running"],
  ]);
  expect([child1.live.length, child2.live.length]).toEqual([1, 1]);
  await supervisor.stop();
});

test("rest_for_one_other_child_fails_restart: child 1, started anew, is left alone when child 2 does not start", async () => {
  const clock = new VirtualClock();
  const [child1, child2] = [gated("child1", clock), gated("child2", clock)];
  const supervisor = new Supervisor({
    clock,
    strategy: "rest-for-one",
    intensity: 3,
    periodMs: hour,
    children: [child1.spec, child2.spec],
  });
  const events = watched(supervisor);
  expect(await settledAfter(clock, supervisor.start(), 10)).toBe(2);
  child2.failStarts(1);
  child1.crash();
  await clock.advance(10);
  expect(exitsIn(events)).toEqual(["child1 failed", "child2 stopped", "child2 failed"]);
  expect([child1.starts, child2.starts, states(supervisor)]).toEqual([
    2,
    3,
    ["child1 running", "child2 running"],
  ]);
  await supervisor.stop();
});

test.each(["simple_one_for_one", "simple_one_for_one_extra"])(
  "%s: a restart in a pool keeps the arguments and the count, and the limit is that of the pool",
  async () => {
    const { supervisor, settle } = await setUp(pool);
    const begun: string[] = [];
    const ends = new Map<string, (error: Error) => void>();
    const member = (id: string, argument: string): ChildSpec => ({
      id,
      start: ({ run }) => {
        begun.push(`${id} ${argument} ${run}`);
        return new Promise((_resolve, reject) => ends.set(id, reject));
      },
      stop: "brutal",
    });
    const crash = async (id: string) => {
      ends.get(id)?.(new Error(`${id} crashed`));
      await settle();
    };
    await supervisor.startChild(member("1", "some"));
    await supervisor.startChild(member("2", "other"));
    await crash("1");
    expect(begun).toEqual(["1 some 1", "2 other 1", "1 some 2"]);
    expect(counts(supervisor)).toEqual({ specs: 2, active: 2 });
    await crash("2");
    expect(begun.at(-1)).toBe("2 other 2");
    await crash("2");
    expect(await supervisor.done).toMatchObject(spent);
    expect(begun).toHaveLength(4);
  },
);

test("simple_one_for_one_shutdown: a pool stops in the time of its slowest member, no longer than the deadline of one", async () => {
  const clock = new VirtualClock();
  const { supervisor } = await setUp({ ...pool, clock });
  const stop = { timeoutMs: 2_000 };
  for (const [id, stopMs] of Object.entries({ one: 1_000, two: 1_000, three: 5_000 })) {
    await supervisor.startChild(fake(id, { clock, stop, stopMs }).spec);
  }
  const stopping = supervisor.stop(shutdown);
  expect(await settledAfter(clock, stopping, hour)).toBe(2_000);
  expect((await stopping).left).toEqual(["three"]);
});

test.each(["transient", "permanent"] as const)(
  "simple_one_for_one_restart_ignore: a %s member that opts out of a restart stays down",
  async (restart) => {
    const { supervisor, settle, exits } = await setUp({ ...pool, intensity: 10 });
    let optsOut = false;
    const child = fake("child1", { restart, ready: "told" });
    const start: ChildSpec["start"] = (ctx) => {
      if (optsOut) return "do-not-restart";
      const running = child.spec.start(ctx);
      ctx.ready();
      return running;
    };
    await supervisor.startChild({ ...child.spec, start });
    child.crash();
    await settle();
    expect([child.starts, states(supervisor)]).toEqual([2, ["child1 running"]]);
    optsOut = true;
    child.crash();
    await settle();
    expect([child.starts, states(supervisor)]).toEqual([2, ["child1 stopped"]]);
    expect(exits().at(-1)).toBe("child1 completed");
    expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  },
);

test("order_of_children: the order is that of the specs, in a start, a group restart and a stop", async () => {
  const ids = ["ch7", "ch3", "ch10", "ch2", "ch5"];
  const { fakes, log } = logged(ids);
  const { supervisor, settle } = await setUp({ strategy: "rest-for-one" }, ...fakes);
  expect(log).toEqual(ids.map((id) => `start ${id}`));
  log.length = 0;
  fakes[2]?.crash();
  await settle();
  expect(lines(log, "stop")).toEqual(["stop ch5", "stop ch2"]);
  expect(lines(log, "end")).toEqual(["end ch10", "end ch5", "end ch2"]);
  expect(lines(log, "start")).toEqual(["start ch10", "start ch2", "start ch5"]);
  log.length = 0;
  await supervisor.stop();
  expect(log).toEqual([...ids].reverse().flatMap((id) => [`stop ${id}`, `end ${id}`]));
});

test("order_of_children: a stop in the midst of a group restart starts none of those that are still due", async () => {
  const clock = new VirtualClock();
  const fakes = ["ch7", "ch3"].map((id) => gated(id, clock));
  const children = fakes.map(({ spec }) => spec);
  const supervisor = new Supervisor({ clock, strategy: "one-for-all", children });
  expect(await settledAfter(clock, supervisor.start(), 10)).toBe(2);
  fakes[0]?.crash();
  await clock.advance(0);
  expect(states(supervisor)).toEqual(["ch7 starting", "ch3 restarting"]);
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  expect([starts(fakes), running(fakes)]).toEqual([
    [2, 1],
    [false, false],
  ]);
});
