// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import {
  type ChildSpec,
  Supervisor,
  SupervisorError,
  type SupervisorOptions,
  supervisorChild,
} from "../../../src/index.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import {
  counts,
  fake,
  hour,
  ignoring,
  pool,
  settledAfter,
  setUp,
  shutdown,
  states,
  told,
  watched,
} from "../rig.ts";

test("sup_start_normal: it starts without children, and ends for the reason it is given", async () => {
  const { supervisor } = await setUp();
  expect(supervisor.snapshot()).toMatchObject({ state: "running", children: [] });
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  expect(supervisor.snapshot().state).toBe("stopped");
});

test("sup_start_ignore_init: one that is stopped before its start ends without an error, and starts nothing", async () => {
  const child = fake("child1");
  const supervisor = new Supervisor({ clock: new VirtualClock(), children: [child.spec] });
  const events = watched(supervisor);
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  await expect(supervisor.start()).rejects.toMatchObject({ code: "ALREADY_STARTED" });
  expect(events.map(({ type }) => type)).toEqual(["supervisor-stopped"]);
  expect(child.starts).toBe(0);
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
  const children = [ignoring("child1", "temporary"), fake("child2", { restart: "temporary" }).spec];
  const { supervisor, settle } = await setUp({ children });
  await settle();
  expect(states(supervisor)).toEqual(["child2 running"]);
  await supervisor.stop();
});

test.each([
  ["sup_start_ignore_temporary_child_start_child", {}],
  ["sup_start_ignore_temporary_child_start_child_simple", pool],
])("%s: nor does one that is added later", async (_name, options) => {
  const { supervisor, settle } = await setUp(options);
  await supervisor.startChild(ignoring("child1", "temporary"));
  await supervisor.startChild(fake("child2", { restart: "temporary" }).spec);
  await settle();
  expect(states(supervisor)).toEqual(["child2 running"]);
  await supervisor.stop();
});

test("sup_start_ignore_permanent_child_start_child_simple: it is not started again, and the supervisor ends without an error", async () => {
  const { supervisor, events, settle } = await setUp(pool);
  await supervisor.startChild(ignoring("1", "permanent"));
  await supervisor.startChild(fake("2").spec);
  await settle();
  expect(states(supervisor)).toEqual(["1 stopped", "2 running"]);
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  expect(events.map(({ type }) => type)).not.toContain("runtime-failed");
});

test("sup_start_error_return: options that mean nothing are refused, and nothing runs", () => {
  const child = fake("child1");
  const options = { strategy: "invalid", children: [child.spec] };
  expect(() => new Supervisor(options as unknown as SupervisorOptions)).toThrow(TypeError);
  expect(child.starts).toBe(0);
});

test("sup_start_fail: a start that throws gives a typed error with its cause, and nothing is left running", async () => {
  const [good, bad] = [fake("good"), fake("bad", told)];
  bad.failStarts(1, new Error("fail"));
  const supervisor = new Supervisor({ clock: new VirtualClock(), children: [good.spec, bad.spec] });
  await expect(supervisor.start()).rejects.toMatchObject({
    code: "CHILD_START_FAILED",
    details: { id: "bad" },
    cause: { message: "fail" },
  });
  expect(await supervisor.done).toMatchObject({ kind: "failed", error: { code: "CHILD_START_FAILED" } });
  expect([good.isRunning, bad.isRunning]).toEqual([false, false]);
});

test("sup_start_fail: a temporary child that does not start is forgotten, and the others start", async () => {
  const [bad, good] = [fake("bad", { ...told, restart: "temporary" }), fake("good")];
  bad.failStarts(1);
  const { supervisor } = await setUp({}, bad, good);
  expect(states(supervisor)).toEqual(["good running"]);
  await supervisor.stop();
});

test("sup_start_restart_child_returns_error: the error comes back, and the child is listed as stopped, and stays so", async () => {
  const child = fake("child1", { ready: async () => {} });
  const sibling = fake("sibling");
  const { supervisor, settle } = await setUp({ strategy: "one-for-all" }, child, sibling);
  await supervisor.stopChild("child1");
  child.failStarts(1, new Error("function_clause"));
  const restarted = supervisor.restartChild("child1");
  await expect(restarted).rejects.toBeInstanceOf(SupervisorError);
  await expect(restarted).rejects.toMatchObject({ cause: { message: "function_clause" } });
  expect(states(supervisor)).toEqual(["child1 stopped", "sibling running"]);
  sibling.crash();
  await settle();
  expect([child.starts, states(supervisor)]).toEqual([2, ["child1 stopped", "sibling running"]]);
  await supervisor.stop();
});

test.each([
  ["sup_start_child_returns_error", {}],
  ["sup_start_child_returns_error_simple", pool],
])(
  "%s: whether it throws or ends before it is ready, the error comes back and it is not listed",
  async (_name, options) => {
    const { supervisor } = await setUp(options);
    const child1 = fake("child1", told);
    child1.failStarts(1, new Error("reason"));
    await expect(supervisor.startChild(child1.spec)).rejects.toMatchObject({
      code: "CHILD_START_FAILED",
      cause: { message: "reason" },
    });
    const child2: ChildSpec = { id: "child2", ready: "told", start: () => "error_reason" };
    await expect(supervisor.startChild(child2)).rejects.toMatchObject({ code: "CHILD_START_FAILED" });
    expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
    await supervisor.stop();
  },
);

test("already_started_outside_supervisor: the error that says who has the place comes back whole", async () => {
  const { supervisor } = await setUp();
  const taken = Object.assign(new Error("already_started"), { pid: 4711 });
  const start = () => {
    throw taken;
  };
  const added = supervisor.startChild({ id: "child", ready: "told", restart: "transient", start });
  await expect(added).rejects.toHaveProperty("cause", taken);
  expect(counts(supervisor).specs).toBe(0);
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});

test("sup_start_map: permanent, not significant, 5,000 ms to stop; a supervisor has as long as it takes", async () => {
  const clock = new VirtualClock();
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY };
  const [child1, child2] = [fake("child1", deaf), fake("child2", { ...deaf, stop: "brutal" })];
  const inner = fake("inner", { clock, stopMs: hour, stop: "infinity" });
  const child3 = supervisorChild("child3", { clock, children: [inner.spec] });
  const { supervisor } = await setUp({ clock, children: [child3] }, child1, child2);
  const common = { restart: "permanent", significant: false, state: "running" };
  expect(supervisor.snapshot().children).toMatchObject([common, common, common]);
  await expect(supervisor.stopChild("child4")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  const took = async (id: string) => settledAfter(clock, supervisor.stopChild(id), 2 * hour);
  expect([await took("child1"), await took("child2"), await took("child3")]).toEqual([5_000, 0, hour]);
  await supervisor.stop();
});

test("sup_start_map_simple: members of a pool have the same defaults", async () => {
  const clock = new VirtualClock();
  const { supervisor } = await setUp({ ...pool, clock });
  for (const id of ["1", "2", "3"]) {
    await supervisor.startChild(
      fake(id, { clock, restart: "temporary", stopMs: Number.POSITIVE_INFINITY }).spec,
    );
  }
  const common = { restart: "temporary", significant: false };
  expect(supervisor.snapshot().children).toMatchObject([common, common, common]);
  await expect(supervisor.stopChild("self")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  expect(await settledAfter(clock, supervisor.stop(shutdown), hour)).toBe(5_000);
});

test("sup_start_map_faulty_specs: a missing id or start is named, an unknown key is ignored", async () => {
  const start = () => {};
  const refused = (spec: unknown) => () => new Supervisor({ children: [spec as ChildSpec] });
  expect(refused({ start })).toThrow("id must be a string");
  expect(refused({ id: "child2" })).toThrow("start must be a function");
  expect(refused("child4")).toThrow(TypeError);
  const silly = { ...fake("child3").spec, sillyFlag: true };
  const { supervisor } = await setUp({ children: [silly] });
  expect(states(supervisor)).toEqual(["child3 running"]);
  await supervisor.stop();
});
