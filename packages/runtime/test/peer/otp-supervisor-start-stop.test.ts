// The cases of OTP's supervisor_SUITE (lib/stdlib/test of erlang/otp), by name, in Holdfast's terms: a child
// that answers `ignore` is one that answers `do-not-restart`, the reason `shutdown` is an end by the token,
// `simple_one_for_one` is a set of children added while the supervisor runs and stopped together.
import { expect, test } from "vitest";
import {
  type ChildSpec,
  Supervisor,
  SupervisorError,
  type SupervisorOptions,
  supervisorChild,
} from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { counts, endings, fake, hour, ignoring, policies, setUp, shutdown, states, told } from "./otp-rig.ts";

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
