// The cases of OTP's supervisor_SUITE (lib/stdlib/test of erlang/otp), by name, in Holdfast's terms: a child
// that answers `ignore` is one that answers `do-not-restart`, the reason `shutdown` is an end by the token,
// `simple_one_for_one` is a set of children added while the supervisor runs and stopped together.
import { expect, test } from "vitest";
import { type ChildSpec, Supervisor, supervisorChild } from "../../src/index.ts";
import { type FakeChild, VirtualClock } from "../../src/testing/index.ts";
import {
  counts,
  endings,
  fake,
  hour,
  lines,
  policies,
  setUp,
  shutdown,
  states,
  three,
  told,
} from "./otp-rig.ts";

// child administration

test("extra_return: starting, stopping, restarting and deleting, and every wrong order", async () => {
  const child = fake("child1");
  const { supervisor } = await setUp({}, child);
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await supervisor.stopChild("child1");
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  await supervisor.restartChild("child1");
  expect(child.live[0]).toMatchObject({ id: "child1", run: 2 });
  await supervisor.stopChild("child1");
  await supervisor.deleteChild("child1");
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  await supervisor.startChild(child.spec);
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });
  await supervisor.stop();
});

test.each(["child_adm", "child_adm_simple"])("%s", async (name) => {
  const { supervisor } = await setUp(name.endsWith("simple") ? { stopOrder: "together" } : {});
  for (const change of [supervisor.stopChild, supervisor.restartChild, supervisor.deleteChild]) {
    await expect(change.call(supervisor, "child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  }
  await supervisor.startChild(fake("child1").spec);
  await expect(supervisor.deleteChild("child1")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await supervisor.stopChild("child1");
  await supervisor.stopChild("child1");
  await supervisor.deleteChild("child1");
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
  await supervisor.stop();
});

test("child_specs: six bad specs are each refused with what is wrong", () => {
  const start = () => {};
  const bad: [object, string][] = [
    [{ id: 1, start }, "id must be"],
    [{ id: "a", start: "mod" }, "start must be"],
    [{ id: "a", start, restart: "prmanent" }, "no restart prmanent"],
    [{ id: "a", start, stop: { timeoutMs: -10 } }, "stop must be"],
    [{ id: "a", start, stop: "soon" }, "stop must be"],
    [{ id: "a", start, ready: "wrker" }, "ready must be"],
  ];
  for (const [spec, message] of bad) {
    expect(() => new Supervisor({ children: [spec as ChildSpec] })).toThrow(message);
  }
});

test("child_specs_map: of the whole matrix only significant with permanent, or with never, is refused", () => {
  const start = () => {};
  let combinations = 0;
  for (const restart of [undefined, ...policies])
    for (const significant of [undefined, false, true])
      for (const stop of [undefined, { timeoutMs: 0 }, { timeoutMs: 5_000 }, "infinity", "brutal"] as const)
        for (const ready of [undefined, "told", async () => {}] as const)
          for (const startTimeoutMs of [undefined, 1, 60_000])
            for (const backoff of [undefined, { initialMs: 1, factor: 2, maxMs: 9 }])
              for (const autoShutdown of [
                undefined,
                "never",
                "any-significant",
                "all-significant",
              ] as const) {
                combinations++;
                const some = { restart, significant, stop, ready, startTimeoutMs, backoff };
                const given = Object.fromEntries(
                  Object.entries(some).filter(([, value]) => value !== undefined),
                );
                const make = () =>
                  new Supervisor({
                    children: [{ id: "a", start, ...given }],
                    ...(autoShutdown && { autoShutdown }),
                  });
                const wrong =
                  significant && ((restart ?? "permanent") === "permanent" || autoShutdown === "never");
                if (wrong) expect(make).toThrow("significant");
                else make();
              }
  expect(combinations).toBe(4 * 3 * 5 * 3 * 3 * 2 * 4);
});

test("sup_flags: a wrong strategy, intensity, period or auto-shutdown is refused, an unknown flag ignored", () => {
  const refused = (flags: object) => () => new Supervisor(flags);
  for (const flags of [
    { strategy: "_one_for_one" },
    { intensity: -1 },
    { periodMs: 0 },
    { periodMs: -1 },
    { periodMs: Number.POSITIVE_INFINITY },
    { autoShutdown: "always" },
  ]) {
    expect(refused(flags)).toThrow(TypeError);
  }
  expect(refused({ strategy: "one-for-one", intensity: 0, periodMs: 1, something: true })).not.toThrow();
});

// restart × end

const restartTable: Record<string, { permanent: boolean; transient: boolean; temporary: boolean }> = {
  normal: { permanent: true, transient: false, temporary: false },
  shutdown: { permanent: true, transient: false, temporary: false },
  abnormal: { permanent: true, transient: true, temporary: false },
};
for (const [how, row] of Object.entries(restartTable)) {
  for (const restart of policies) {
    test(`${restart}_${how}`, async () => {
      for (const ending of how === "shutdown" ? ["shutdown", "{shutdown,term}"] : [how]) {
        const child = fake("child1", { restart });
        const { supervisor, settle } = await setUp({}, child);
        endings[ending]?.[0](child);
        await settle();
        expect([child.starts, child.isRunning]).toEqual(row[restart] ? [2, true] : [1, false]);
        expect(counts(supervisor).specs).toBe(restart === "temporary" ? 0 : 1);
        await supervisor.stop();
      }
    });
  }
}

test("faulty_application_shutdown: the root cause, stack and all, reaches the one who started the tree", async () => {
  const bug = new Error("badmatch in the deepest child");
  const clock = new VirtualClock();
  const leaf = fake("leaf", told);
  leaf.failStarts(1, bug);
  const middle = supervisorChild("middle", { clock, children: [leaf.spec] });
  const thrown: unknown = await setUp({ clock, children: [middle] }).catch((error: unknown) => error);
  const chain: unknown[] = [];
  for (let at: unknown = thrown; at instanceof Error; at = at.cause) chain.push(at);
  expect(chain.at(-1)).toBe(bug);
  expect((chain.at(-1) as Error).stack).toContain("otp-supervisor.test");
});

test.each(["one-for-all", "rest-for-one"] as const)(
  "temporary_bystander: %s does not revive a temporary sibling",
  async (strategy) => {
    const child1 = fake("child1");
    const child2 = fake("child2", { restart: "temporary" });
    const { supervisor, settle } = await setUp({ strategy }, child1, child2);
    child1.crash();
    await settle();
    expect(states(supervisor)).toEqual(["child1 running"]);
    expect(child2.starts).toBe(1);
    await supervisor.stop();
  },
);

test("multiple_restarts: crashes further apart than the period are borne for ever", async () => {
  const child = fake("child1");
  const { supervisor, clock } = await setUp({ intensity: 1, periodMs: 1_000 }, child);
  for (let i = 0; i < 4; i++) {
    child.crash();
    await clock.advance(2_100);
  }
  expect([child.starts, supervisor.snapshot().state]).toEqual([5, "running"]);
  await supervisor.stop();
});

// strategies

test("one_for_one: only the crashed one restarts, and the third restart within the period is one too many", async () => {
  const { fakes, log } = three();
  const [child1, child2] = fakes as [FakeChild, FakeChild];
  const { supervisor, settle } = await setUp({}, ...fakes);
  log.length = 0;
  child1.crash();
  await settle();
  expect(log).toEqual(["end child1", "start child1"]);
  child2.crash();
  await settle();
  child1.crash();
  expect(await supervisor.done).toMatchObject({ kind: "failed", error: { code: "INTENSITY_EXCEEDED" } });
  expect(fakes.map(({ isRunning }) => isRunning)).toEqual([false, false, false]);
});

for (const [name, strategy] of [
  ["one_for_one_escalation", "one-for-one"],
  ["one_for_all_escalation", "one-for-all"],
  ["rest_for_one_escalation", "rest-for-one"],
  ["simple_one_for_one_escalation", "one-for-one"],
] as const) {
  test(`${name}: a restart that keeps failing ends the supervisor, siblings and all`, async () => {
    const [child1, child2] = [fake("child1", told), fake("child2")];
    const clock = new VirtualClock();
    const supervisor = new Supervisor({
      clock,
      strategy,
      intensity: 4,
      periodMs: hour,
      children: [child1.spec, child2.spec],
      ...(name.startsWith("simple") && { stopOrder: "together" as const }),
    });
    const started = supervisor.start();
    child1.ready();
    await clock.advance(0);
    child1.ready();
    await started;
    child1.failStarts(1_000);
    child1.crash();
    expect(await supervisor.done).toMatchObject({
      kind: "failed",
      error: { code: "INTENSITY_EXCEEDED" },
      left: [],
    });
    expect([child1.isRunning, child2.isRunning, child1.starts]).toEqual([false, false, 5]);
  });
}

test("one_for_all: the siblings are stopped and all are new, and no old run is alive", async () => {
  const { fakes, log } = three();
  const { supervisor, settle } = await setUp({ strategy: "one-for-all" }, ...fakes);
  const old = fakes.map((child) => child.live[0]);
  log.length = 0;
  fakes[0]?.crash();
  await settle();
  expect(fakes.map(({ live }) => live.length)).toEqual([1, 1, 1]);
  for (const [index, child] of fakes.entries()) expect(child.live[0]).not.toBe(old[index]);
  expect(lines(log, "start")).toEqual(["start child1", "start child2", "start child3"]);
  await supervisor.stop();
});

test.each([
  ["one_for_all_other_child_fails_restart", "one-for-all", 3],
  ["rest_for_one_other_child_fails_restart", "rest-for-one", 2],
] as const)("%s: child 2 fails in a restart that child 1 began", async (_name, strategy, startsOfChild1) => {
  const clock = new VirtualClock();
  const [child1, child2] = [fake("child1"), fake("child2", { ready: async () => clock.sleep(1) })];
  const supervisor = new Supervisor({ clock, strategy, intensity: 5, children: [child1.spec, child2.spec] });
  const started = supervisor.start();
  await clock.advance(1);
  await started;
  child2.failStarts(1);
  child1.crash();
  await clock.advance(5);
  expect([child1.starts, child2.starts]).toEqual([startsOfChild1, 3]);
  expect([child1.live.length, child2.live.length]).toEqual([1, 1]);
  expect(states(supervisor)).toEqual(["child1 running", "child2 running"]);
  await supervisor.stop();
});

test("rest_for_one: the later children restart, the earlier are not touched", async () => {
  const { fakes, log } = three();
  const { supervisor, settle } = await setUp({ strategy: "rest-for-one" }, ...fakes);
  log.length = 0;
  fakes[1]?.crash();
  await settle();
  expect(log).toEqual(["end child2", "stop child3", "end child3", "start child2", "start child3"]);
  await supervisor.stop();
});

test.each(["simple_one_for_one", "simple_one_for_one_extra"])(
  "%s: a restart in a pool keeps arguments and count",
  async () => {
    const { supervisor, settle } = await setUp({ stopOrder: "together", intensity: 10 });
    const args: string[] = [];
    const member = (id: string, argument: string): ChildSpec => ({
      id,
      start: async ({ token, run }) => {
        args.push(`${argument} ${run}`);
        if (run === 1 && id === "1") throw new Error("crash");
        await token.cancelled;
      },
    });
    await supervisor.startChild(member("1", "some"));
    await supervisor.startChild(member("2", "other"));
    await settle();
    expect(args.sort()).toEqual(["other 1", "some 1", "some 2"]);
    expect(counts(supervisor)).toEqual({ specs: 2, active: 2 });
    await supervisor.stop();
  },
);

test("simple_one_for_one_shutdown: a pool stops in the time of its slowest member", async () => {
  const clock = new VirtualClock();
  const { supervisor } = await setUp({ clock, stopOrder: "together" });
  for (let i = 1; i <= 5; i++) await supervisor.startChild(fake(`${i}`, { clock, stopMs: i * 100 }).spec);
  let took = 0;
  const stopping = supervisor.stop(shutdown).then((exit) => {
    took = clock.monotonic();
    return exit;
  });
  await clock.advance(10_000);
  expect((await stopping).left).toEqual([]);
  expect(took).toBe(500);
});
