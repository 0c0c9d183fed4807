// The cases of OTP's supervisor_SUITE (lib/stdlib/test of erlang/otp), by name, in Holdfast's terms: a child
// that answers `ignore` is one that answers `do-not-restart`, the reason `shutdown` is an end by the token,
// `simple_one_for_one` is a set of children added while the supervisor runs and stopped together.
import { expect, test } from "vitest";
import {
  type ChildExit,
  type ChildSpec,
  type Restart,
  Supervisor,
  SupervisorError,
  type SupervisorEvent,
  type SupervisorOptions,
  supervisorChild,
} from "../../src/index.ts";
import { FakeChild, type FakeChildOptions, VirtualClock } from "../../src/testing/index.ts";

const hour = 3_600_000;
const shutdown = { kind: "user-requested", message: "shutdown" } as const;
const told = { ready: "told" } as const;

async function setUp(options: SupervisorOptions = {}, ...fakes: FakeChild[]) {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const children = [...fakes.map(({ spec }) => spec), ...(options.children ?? [])];
  const supervisor = new Supervisor({ intensity: 2, periodMs: hour, clock, ...options, children });
  const events: SupervisorEvent[] = [];
  supervisor.subscribe((event) => events.push(event));
  await supervisor.start();
  const settle = () => clock.advance(0);
  const exits = () =>
    events.flatMap((event) => (event.type === "child-exited" ? [`${event.id} ${event.exit.kind}`] : []));
  return { clock, supervisor, events, settle, exits };
}

const fake = (id: string, options: FakeChildOptions = {}) => new FakeChild(id, options);
const ignoring = (id: string, restart: Restart): ChildSpec => ({
  id,
  restart,
  ready: "told",
  start: () => "do-not-restart",
});
const counts = (supervisor: Supervisor) => {
  const { children } = supervisor.snapshot();
  return { specs: children.length, active: children.filter(({ state }) => state === "running").length };
};
const states = (supervisor: Supervisor) =>
  supervisor.snapshot().children.map(({ id, state }) => `${id} ${state}`);
const lines = (log: readonly string[], verb: string) => log.filter((line) => line.startsWith(`${verb} `));

// sup_start

test("sup_start_normal", async () => {
  const { supervisor } = await setUp();
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
});

test("sup_start_ignore_init: a supervisor whose owner stops it before its start ends without an error", async () => {
  const supervisor = new Supervisor({ children: [fake("a").spec] });
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});

test("sup_start_ignore_child: a child that opts out keeps its spec", async () => {
  const { supervisor, settle } = await setUp();
  await supervisor.startChild(ignoring("child1", "permanent"));
  await supervisor.startChild(fake("child2").spec);
  await settle();
  expect(states(supervisor)).toEqual(["child1 stopped", "child2 running"]);
  expect(counts(supervisor)).toEqual({ specs: 2, active: 1 });
  await supervisor.stop();
});

test("sup_start_ignore_temporary_child: a temporary one that opts out leaves no spec", async () => {
  const { supervisor, settle } = await setUp({ children: [ignoring("child1", "temporary")] }, fake("child2"));
  await settle();
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });
  await supervisor.stop();
});

test.each([
  "sup_start_ignore_temporary_child_start_child",
  "sup_start_ignore_temporary_child_start_child_simple",
])("%s", async (name) => {
  const { supervisor, settle } = await setUp(name.endsWith("simple") ? { stopOrder: "together" } : {});
  await supervisor.startChild(ignoring("child1", "temporary"));
  await supervisor.startChild(fake("child2", { restart: "temporary" }).spec);
  await settle();
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });
  await supervisor.stop();
});

test("sup_start_ignore_permanent_child_start_child_simple: the supervisor then ends without error", async () => {
  const { supervisor, settle } = await setUp({ stopOrder: "together" });
  await supervisor.startChild(ignoring("1", "permanent"));
  await supervisor.startChild(fake("2").spec);
  await settle();
  expect(counts(supervisor).active).toBe(1);
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
});

test("sup_start_error_return: options that mean nothing are refused, and nothing runs", () => {
  const child = fake("a");
  expect(
    () => new Supervisor({ strategy: "invalid", children: [child.spec] } as unknown as SupervisorOptions),
  ).toThrow(TypeError);
  expect(child.starts).toBe(0);
});

test("sup_start_fail: a child that throws at its start gives a typed error, and nothing is left running", async () => {
  const [good, bad] = [fake("good"), fake("bad", told)];
  bad.failStarts(1, new Error("badmatch"));
  const failed = setUp({}, good, bad);
  await expect(failed).rejects.toMatchObject({ code: "CHILD_START_FAILED", cause: { message: "badmatch" } });
  expect([good.isRunning, bad.isRunning]).toEqual([false, false]);
});

test("sup_start_restart_child_returns_error: the error comes back, and the child is listed as stopped", async () => {
  const child = fake("child1", told);
  const { supervisor, settle } = await setUp();
  const added = supervisor.startChild(child.spec);
  await settle();
  child.ready();
  await added;
  await supervisor.stopChild("child1");
  child.failStarts(1);
  await expect(supervisor.restartChild("child1")).rejects.toBeInstanceOf(SupervisorError);
  expect(states(supervisor)).toEqual(["child1 stopped"]);
  await supervisor.stop();
});

test.each(["sup_start_child_returns_error", "sup_start_child_returns_error_simple"])("%s", async (name) => {
  const { supervisor } = await setUp(name.endsWith("simple") ? { stopOrder: "together" } : {});
  const child = fake("child1", told);
  child.failStarts(1);
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_START_FAILED" });
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
  await supervisor.stop();
});

// sup_start_map

test.each(["sup_start_map", "sup_start_map_simple"])("%s: the defaults", async (name) => {
  const clock = new VirtualClock();
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY } as const;
  const child1 = fake("child1", deaf);
  const inner = fake("inner", { clock, stopMs: hour, stop: "infinity" });
  const { supervisor } = await setUp(
    {
      clock,
      children: [supervisorChild("child3", { clock, children: [inner.spec] })],
      ...(name.endsWith("simple") && { stopOrder: "together" as const }),
    },
    child1,
  );
  expect(supervisor.snapshot().children[0]).toMatchObject({ restart: "permanent", significant: false });
  const began = clock.monotonic();
  const stopping = supervisor.stop(shutdown);
  await clock.advance(hour + 5_000);
  // The worker is left behind after 5,000 ms, the supervisor is waited for as long as it takes.
  expect(await stopping).toMatchObject({ left: ["child1"] });
  expect(clock.monotonic() - began).toBe(hour + 5_000);
  await expect(supervisor.stopChild("child4")).rejects.toMatchObject({ code: "NOT_RUNNING" });
});

test("sup_start_map_faulty_specs: a missing id or start is named, an unknown key is ignored", async () => {
  const start = () => {};
  const refused = (spec: unknown) => () => new Supervisor({ children: [spec as ChildSpec] });
  expect(refused({ start })).toThrow("id must be a string");
  expect(refused({ id: "child2" })).toThrow("start must be a function");
  expect(refused("child4")).toThrow(TypeError);
  expect(refused({ id: "child3", start, sillyFlag: true })).not.toThrow();
});

// sup_stop

test("sup_stop_infinity", async () => {
  const clock = new VirtualClock();
  const slow = { clock, stopMs: 24 * hour, stop: "infinity" } as const;
  const { supervisor, exits } = await setUp({ clock }, fake("child1", slow), fake("child2", slow));
  const stopping = supervisor.stop(shutdown);
  await clock.advance(48 * hour);
  expect((await stopping).left).toEqual([]);
  expect(exits()).toEqual(["child2 stopped", "child1 stopped"]);
});

test.each(["sup_stop_timeout", "sup_stop_timeout_dynamic"])(
  "%s: who sleeps too long is killed, its sibling not",
  async (name) => {
    const clock = new VirtualClock();
    const child1 = fake("child1", { stop: { timeoutMs: 1_000 } });
    const child2 = fake("child2", { clock, stopMs: 200_000, stop: { timeoutMs: 1_000 } });
    const { supervisor, exits } = await setUp({
      clock,
      ...(name.endsWith("dynamic") && { stopOrder: "together" as const }),
    });
    await supervisor.startChild(child1.spec);
    await supervisor.startChild(child2.spec);
    const stopping = supervisor.stop(shutdown);
    await clock.advance(1_000);
    expect((await stopping).left).toEqual(["child2"]);
    expect(exits().sort()).toEqual(["child1 stopped", "child2 killed"]);
  },
);

test.each([
  ["sup_stop_brutal_kill", 1],
  ["sup_stop_brutal_kill_dynamic", 10],
] as const)("%s", async (_name, count) => {
  const { supervisor, exits } = await setUp(
    { stopOrder: "together" },
    fake("polite", { stop: { timeoutMs: 1_000 } }),
  );
  for (let i = 0; i < count; i++) await supervisor.startChild(fake(`brutal ${i}`, { stop: "brutal" }).spec);
  await supervisor.stop(shutdown);
  expect(exits().filter((exit) => exit.endsWith("killed"))).toHaveLength(count);
  expect(exits()).toContain("polite stopped");
});

const endings: Record<string, [end: (child: FakeChild) => void, kind: ChildExit["kind"]]> = {
  normal: [(child) => child.complete(), "completed"],
  shutdown: [(child) => child.live[0]?.token.cancel({ kind: "requested-by-run" }), "stopped"],
  "{shutdown,term}": [
    (child) => child.live[0]?.token.cancel({ kind: "requested-by-run", message: "term" }),
    "stopped",
  ],
  abnormal: [(child) => child.crash(), "failed"],
};
const policies = ["permanent", "transient", "temporary"] as const;

test("sup_stop_race: twelve children end by themselves while the stop is asked; each reason is kept, none restarts", async () => {
  const children = policies.flatMap((restart) =>
    Object.keys(endings).map((how) => ({ how, child: fake(`${restart} ${how}`, { restart }) })),
  );
  const { supervisor, exits, events } = await setUp(
    { intensity: 100 },
    ...children.map(({ child }) => child),
  );
  for (const { how, child } of children) endings[how]?.[0](child);
  const exit = await supervisor.stop(shutdown);
  expect(exit).toMatchObject({ kind: "stopped", left: [] });
  expect(exits().sort()).toEqual(
    children.map(({ how, child }) => `${child.spec.id} ${endings[how]?.[1]}`).sort(),
  );
  expect(events.filter(({ type }) => type === "child-restarting")).toEqual([]);
});

test("sup_stop_non_shutdown_exit_dynamic: an odd end during the stop never fails the stop", async () => {
  const { supervisor } = await setUp({ stopOrder: "together" });
  for (const id of ["a", "b"]) {
    await supervisor.startChild({
      id,
      start: async ({ token }) => {
        await token.cancelled;
        throw new RangeError("odd");
      },
    });
  }
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
});

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

const three = (options: FakeChildOptions = {}, ids: readonly string[] = ["child1", "child2", "child3"]) => {
  const log: string[] = [];
  return { log, fakes: ids.map((id) => fake(id, { log, ...options })) };
};

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

// significant children

const significantCases = (["any-significant", "all-significant"] as const).flatMap((autoShutdown) =>
  (["temporary", "transient"] as const).map((restart) => [autoShutdown, restart] as const),
);

test.each(policies)("nonsignificant_%s: its end ends nothing", async (restart) => {
  for (const autoShutdown of ["never", "any-significant", "all-significant"] as const) {
    const child = fake("child1", { restart });
    const { supervisor, settle } = await setUp({ autoShutdown }, child);
    child.complete();
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    await supervisor.stop();
  }
});

test.each(significantCases)(
  "significant_temporary, significant_transient: %s, %s",
  async (autoShutdown, restart) => {
    const [child1, child2] = ["child1", "child2"].map((id) => fake(id, { restart, significant: true })) as [
      FakeChild,
      FakeChild,
    ];
    const { supervisor, settle } = await setUp({ autoShutdown }, child1, child2);
    // Stopped on request: never a reason to end.
    await supervisor.stopChild("child1");
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    if (restart === "transient") {
      await supervisor.restartChild("child1");
      // A crash is no end for a transient child, it comes back.
      child1.crash();
      await settle();
      expect([child1.isRunning, supervisor.snapshot().state]).toEqual([true, "running"]);
      child1.complete();
      await settle();
      expect(supervisor.snapshot().state).toBe(autoShutdown === "any-significant" ? "stopped" : "running");
      if (autoShutdown === "any-significant") return;
    }
    if (restart === "temporary") {
      child2.crash();
      expect(await supervisor.done).toMatchObject({
        kind: "failed",
        error: { code: "REQUIRED_CHILD_FAILED" },
      });
      return;
    }
    child2.complete();
    expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "child2" });
  },
);

test("significant_simple: the last significant member of a pool to end ends it", async () => {
  const { supervisor, settle } = await setUp({ autoShutdown: "all-significant", stopOrder: "together" });
  const members = ["1", "2", "3"].map((id) => fake(id, { restart: "temporary", significant: true }));
  for (const { spec } of members) await supervisor.startChild(spec);
  for (const member of members) {
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    member.complete();
  }
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", by: "significant" });
});

test("significant_bystander: an end caused by a sibling's restart ends nothing", async () => {
  const child1 = fake("child1");
  const child2 = fake("child2", { restart: "temporary", significant: true });
  const { supervisor, settle } = await setUp({ strategy: "one-for-all" }, child1, child2);
  child1.crash();
  await settle();
  expect(states(supervisor)).toEqual(["child1 running"]);
  await supervisor.stop();
});

test("significant_escalation: a nested supervisor that ended itself is, for its parent, a child that ended", async () => {
  const clock = new VirtualClock();
  const leaf = fake("leaf", { restart: "transient", significant: true });
  const nested = supervisorChild(
    "nested",
    { clock, children: [leaf.spec] },
    { restart: "transient", significant: true },
  );
  const { supervisor } = await setUp({ clock, children: [nested] }, fake("sibling"));
  leaf.complete();
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "nested", by: "significant" });
});

// others

test("child_unlink: a child that does not listen any more cannot hang the supervisor", async () => {
  const clock = new VirtualClock();
  const child = fake("child1", { clock, stopMs: Number.POSITIVE_INFINITY, stop: { timeoutMs: 5_000 } });
  const { supervisor } = await setUp({ clock }, child);
  const stopping = supervisor.stopChild("child1");
  await clock.advance(5_000);
  await stopping;
  await supervisor.stop();
});

test("tree: a leaf's restart leaves the rest alone, a group restart drops what was added, and counts hold at three levels", async () => {
  const clock = new VirtualClock();
  const { fakes } = three({}, ["a", "b", "c"]);
  const [a, b, c] = fakes as [FakeChild, FakeChild, FakeChild];
  const { supervisor, settle } = await setUp({
    clock,
    children: [
      supervisorChild("left", { clock, strategy: "one-for-all", children: [a.spec, b.spec] }),
      supervisorChild("right", { clock, children: [supervisorChild("deep", { clock, children: [c.spec] })] }),
    ],
  });
  const tree = () => {
    const [left, right] = supervisor.snapshot().children;
    const size = (node: typeof left) => node?.tree?.children.length;
    return [size(left), size(right), right?.tree?.children[0]?.tree?.children.length];
  };
  expect(tree()).toEqual([2, 1, 1]);
  c.crash();
  await settle();
  expect([a.starts, b.starts, c.starts]).toEqual([1, 1, 2]);
  a.crash();
  await settle();
  expect([a.starts, b.starts, c.starts, tree()]).toEqual([2, 2, 2, [2, 1, 1]]);
  await supervisor.stop();
  expect([a.isRunning, b.isRunning, c.isRunning]).toEqual([false, false, false]);
});

test.each(["count_children", "count_children_supervisor"])("%s: 1,000, 2,000, none", async (name) => {
  const clock = new VirtualClock();
  const { supervisor, settle } = await setUp({ clock, stopOrder: "together" });
  const members: FakeChild[] = [];
  const add = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const member = fake(`${members.length}`, { restart: "temporary" });
      members.push(member);
      const nested = supervisorChild(member.spec.id, {
        clock,
        children: [{ ...member.spec, significant: true }],
      });
      await supervisor.startChild(
        name.endsWith("supervisor") ? { ...nested, restart: "temporary" } : member.spec,
      );
    }
    return counts(supervisor);
  };
  expect(await add(1_000)).toEqual({ specs: 1_000, active: 1_000 });
  expect(await add(1_000)).toEqual({ specs: 2_000, active: 2_000 });
  for (const member of members) member.complete();
  await settle();
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
  await supervisor.stop();
});

test("count_restarting_children: specs stay and active falls while restarts fail", async () => {
  const backoff = { initialMs: 100, factor: 1, maxMs: 100 };
  const { supervisor, clock, settle } = await setUp({ intensity: 1_000 });
  const members = ["1", "2", "3"].map((id) => fake(id, { ...told, backoff }));
  for (const member of members) {
    const added = supervisor.startChild(member.spec);
    await settle();
    member.ready();
    await added;
  }
  for (const [index, member] of members.entries()) {
    member.failStarts(1_000);
    member.crash();
    await clock.advance(250);
    expect(counts(supervisor)).toEqual({ specs: 3, active: 2 - index });
  }
  await supervisor.stop();
});

for (const name of [
  "do_not_save_start_parameters_for_temporary_children",
  "do_not_save_child_specs_for_temporary_children",
]) {
  test.each(["one-for-one", "one-for-all", "rest-for-one"] as const)(`${name}: %s`, async (strategy) => {
    for (const end of ["normal", "abnormal", "shutdown"]) {
      const { supervisor, settle } = await setUp({ strategy }, fake("other"));
      const child = fake("child1", { restart: "temporary" });
      await supervisor.startChild(child.spec);
      endings[end]?.[0](child);
      await settle();
      expect(states(supervisor)).toEqual(["other running"]);
      await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
      await supervisor.stop();
    }
  });
}

const timeOf = async (work: () => Promise<void>) => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

test("simple_one_for_one_scale_many_temporary_children: ten times the children, not a hundred times the time", async () => {
  const churn = (count: number) =>
    timeOf(async () => {
      const { supervisor, settle } = await setUp({ stopOrder: "together" });
      const members = Array.from({ length: count }, (_, i) => fake(`${i}`, { restart: "temporary" }));
      for (const { spec } of members) await supervisor.startChild(spec);
      for (const member of members) member.complete();
      await settle();
      expect(counts(supervisor).specs).toBe(0);
      await supervisor.stop();
    });
  await churn(500);
  const [one, ten] = [await churn(500), await churn(5_000)];
  expect(ten).toBeLessThan(50 * Math.max(one, 2));
});

test("scale_start_stop_many_children: starting and stopping grow with the number of children, no faster", async () => {
  const cycle = (count: number) =>
    timeOf(async () => {
      const { supervisor } = await setUp({}, ...Array.from({ length: count }, (_, i) => fake(`${i}`)));
      await supervisor.stop();
    });
  await cycle(300);
  const [small, large] = [await cycle(300), await cycle(9_000)];
  expect(large).toBeLessThan(10 * 30 * Math.max(small, 2));
});

test("simple_global_supervisor: a supervisor that is killed comes back with its children, under the same name", async () => {
  const clock = new VirtualClock();
  const leaf = fake("leaf");
  const { supervisor, settle } = await setUp({
    clock,
    children: [supervisorChild("middle", { clock, intensity: 0, children: [leaf.spec] })],
  });
  leaf.crash();
  await settle();
  expect([leaf.starts, leaf.live.length, states(supervisor)]).toEqual([2, 1, ["middle running"]]);
  await supervisor.stop();
});

test.each([
  ["hanging_restart_loop", "one-for-one", "reverse"],
  ["hanging_restart_loop_rest_for_one", "rest-for-one", "reverse"],
  ["hanging_restart_loop_simple", "one-for-one", "together"],
] as const)(
  "%s: in an endless restart loop the supervisor still answers, deletes not, and stops",
  async (_name, strategy, stopOrder) => {
    const clock = new VirtualClock();
    const child1 = fake("child1", { ready: async () => {} });
    const [child0, child2] = [fake("child0"), fake("child2")];
    const { supervisor } = await setUp(
      { clock, strategy, stopOrder, intensity: 1e9 },
      child0,
      child1,
      child2,
    );
    const backoff = { initialMs: 1, factor: 1, maxMs: 1 };
    await supervisor.stopChild("child1");
    await supervisor.deleteChild("child1");
    const looping = fake("looping", { ready: async () => {}, backoff });
    await supervisor.startChild(looping.spec);
    looping.failStarts(1e9);
    looping.crash();
    await clock.advance(50);
    expect(looping.starts).toBeGreaterThan(40);
    expect(states(supervisor)).toEqual(["child0 running", "child2 running", "looping restarting"]);
    await expect(supervisor.deleteChild("looping")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
    await expect(supervisor.restartChild("looping")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
    await supervisor.stopChild("looping");
    const starts = looping.starts;
    await clock.advance(50);
    expect(looping.starts).toBe(starts);
    await supervisor.deleteChild("looping");
    const again = fake("again", { ready: async () => {}, backoff });
    await supervisor.startChild(again.spec);
    again.failStarts(1e9);
    again.crash();
    await clock.advance(10);
    expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped", left: [] });
    expect(clock.pending).toBe(0);
  },
);

test("hanging_restart_loop: without any delay between the restarts too, other changes get their turn", async () => {
  const { supervisor } = await setUp({ intensity: 1e9 }, fake("other"));
  const child = fake("child1", { ready: async () => {} });
  await supervisor.startChild(child.spec);
  child.failStarts(1e9);
  child.crash();
  await supervisor.startChild(fake("late").spec);
  expect(states(supervisor)).toContain("late running");
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});

test("order_of_children: the order is that of the specs, in a start, a group restart and a stop", async () => {
  const ids = ["zebra", "apple", "mango", "berry", "1"];
  const { fakes, log } = three({}, ids);
  const { supervisor, settle } = await setUp({ strategy: "rest-for-one" }, ...fakes);
  expect(lines(log, "start")).toEqual(ids.map((id) => `start ${id}`));
  log.length = 0;
  fakes[2]?.crash();
  await settle();
  expect(lines(log, "stop")).toEqual(["stop 1", "stop berry"]);
  expect(lines(log, "start")).toEqual(["start mango", "start berry", "start 1"]);
  log.length = 0;
  await supervisor.stop();
  expect(lines(log, "stop")).toEqual([...ids].reverse().map((id) => `stop ${id}`));
});
