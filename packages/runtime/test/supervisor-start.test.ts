import { expect, test } from "vitest";
import {
  bestEffort,
  type ChildSpec,
  required,
  restart,
  ShutdownToken,
  Supervisor,
  type SupervisorOptions,
} from "../src/index.ts";
import { FakeChild, VirtualClock } from "../src/testing/index.ts";
import { fakes, never, setUp, states, types, user } from "./supervisor-rig.ts";

test("the presets are data: required, restart and bestEffort", () => {
  const start = never;
  expect(required("a", start)).toEqual({ id: "a", start, restart: "temporary", significant: true });
  expect(restart("a", start)).toEqual({ id: "a", start, restart: "permanent" });
  expect(bestEffort("a", start, { startTimeoutMs: 5 })).toEqual({
    id: "a",
    start,
    restart: "temporary",
    startTimeoutMs: 5,
  });
});

test("a later child is not started before the one ahead of it is ready", async () => {
  const { log, children } = fakes("ab", { ready: "told" });
  const [a, b] = children as [FakeChild, FakeChild];
  const { supervisor, clock } = setUp({}, a, b);
  const started = supervisor.start();
  await clock.advance(10_000);
  expect([log, states(supervisor)]).toEqual([["start a"], { a: "starting", b: "stopped" }]);
  a.ready();
  await clock.advance(0);
  expect(log).toEqual(["start a", "start b"]);
  b.ready();
  await started;
  expect(supervisor.snapshot().state).toBe("running");
  await supervisor.stop();
});

test("a probe can say when a child is ready, and one that fails is a failed start", async () => {
  const good = setUp({}, new FakeChild("db", { ready: async () => {} }));
  await good.supervisor.start();
  await good.supervisor.stop();
  const db = new FakeChild("db", { ready: async () => Promise.reject(new Error("no answer")) });
  const bad = setUp({}, db);
  await expect(bad.supervisor.start()).rejects.toMatchObject({
    code: "CHILD_START_FAILED",
    message: "db failed to start: no answer",
  });
  expect(db.isRunning).toBe(false);
});

test("a failed start stops what was started, in reverse, and start rejects", async () => {
  const { log, children } = fakes("abcd", { ready: async () => {} });
  const d = children[3] ?? expect.fail();
  const c = new FakeChild("c", { log, ready: "told" });
  const { supervisor, events } = setUp({}, ...children.slice(0, 2), c, d);
  c.failStarts(1);
  await expect(supervisor.start()).rejects.toMatchObject({
    code: "CHILD_START_FAILED",
    details: { id: "c" },
  });
  expect(log).toEqual(["start a", "start b", "fail c", "stop b", "end b", "stop a", "end a"]);
  expect(await supervisor.done).toMatchObject({ kind: "failed" });
  expect(types(events)).toContain("runtime-failed");
});

test("a best-effort child may fail to start without consequence", async () => {
  const { children } = fakes("ab");
  const extra = new FakeChild("extra", { restart: "temporary", ready: "told" });
  extra.failStarts(1);
  const { supervisor } = setUp({}, extra, ...children);
  await supervisor.start();
  expect(states(supervisor)).toEqual({ a: "running", b: "running" });
  await supervisor.stop();
});

test("a child not ready in time is stopped, and its start has failed", async () => {
  const slow = new FakeChild("slow", { ready: "told", startTimeoutMs: 500 });
  const { supervisor, clock } = setUp({}, slow);
  const started = supervisor.start().catch((error: unknown) => error);
  await clock.advance(499);
  expect(slow.isRunning).toBe(true);
  await clock.advance(1);
  expect(await started).toMatchObject({ message: "slow failed to start: not ready after 500 ms" });
  expect([slow.isRunning, clock.pending]).toEqual([false, 0]);
});

test("a stop interrupts a start that would wait for ever", async () => {
  const { log, children } = fakes("ab", { ready: "told" });
  const { supervisor, clock } = setUp({}, ...children);
  const started = supervisor.start();
  await clock.advance(5);
  expect(await supervisor.stop()).toMatchObject({ kind: "stopped" });
  await started;
  expect(log).toEqual(["start a", "stop a", "end a"]);
});

test("a child that decides against running before it is ready has started well", async () => {
  const { supervisor, clock } = setUp({
    children: [{ id: "a", ready: "told", start: () => "do-not-restart" }],
  });
  await supervisor.start();
  await clock.advance(0);
  expect(supervisor.snapshot()).toMatchObject({
    state: "running",
    children: [{ state: "stopped", runs: 1 }],
  });
  await supervisor.stop();
});

test("a failed start is told only once what did start has really ended", async () => {
  const clock = new VirtualClock();
  const slow = new FakeChild("slow", { clock, stopMs: 70, ready: "told", startTimeoutMs: 10 });
  const { supervisor } = setUp({ clock }, slow);
  const started = supervisor.start().catch(() => slow.isRunning);
  await clock.advance(79);
  expect(slow.isRunning).toBe(true);
  await clock.advance(1);
  expect(await started).toBe(false);
});

test.each([
  [{ id: "" }, "id"],
  [{ start: undefined }, "start"],
  [{ restart: "always" }, "no restart always"],
  [{ restart: "permanent", significant: true }, "cannot be significant"],
  [{ restart: "temporary", significant: 1 }, "significant must be"],
  [{ stop: { timeoutMs: -1 } }, "stop must"],
  [{ stop: "never" }, "stop must"],
  [{ ready: 5 }, "ready must"],
  [{ startTimeoutMs: 0 }, "startTimeoutMs"],
])("the child spec %j is refused", (wrong, message) => {
  const spec = { id: "a", start: never, ...wrong } as unknown as ChildSpec;
  expect(() => new Supervisor({ children: [spec] })).toThrow(message);
});

test.each([
  [{ strategy: "all" }, "strategy"],
  [{ intensity: -1 }, "intensity"],
  [{ intensity: 1.5 }, "intensity"],
  [{ periodMs: 0 }, "periodMs"],
  [{ periodMs: Number.POSITIVE_INFINITY }, "periodMs"],
  [{ autoShutdown: "yes" }, "autoShutdown"],
  [{ autoShutdown: "never", children: [required("a", never)] }, "autoShutdown is never"],
  [{ children: [bestEffort("a", never), bestEffort("a", never)] }, "two children are called a"],
])("the options %j are refused", (wrong, message) => {
  expect(() => new Supervisor(wrong as SupervisorOptions)).toThrow(message);
});

test("a supervisor that was never started stops at once, and one starts only once", async () => {
  const { supervisor } = setUp({}, new FakeChild("a"));
  expect(await supervisor.stop(user)).toEqual({ kind: "stopped", reason: user, left: [] });
  await expect(supervisor.start()).rejects.toMatchObject({ code: "ALREADY_STARTED" });
  const second = setUp();
  await second.supervisor.start();
  await expect(second.supervisor.start()).rejects.toMatchObject({ code: "ALREADY_STARTED" });
  await second.supervisor[Symbol.asyncDispose]();
});

test("run starts, follows a token to the end, and takes its listener off", async () => {
  const child = new FakeChild("a");
  const { supervisor } = setUp({}, child);
  const token = new ShutdownToken();
  const ran = supervisor.run(token);
  token.cancel(user);
  await ran;
  expect(await supervisor.done).toMatchObject({ kind: "stopped", reason: user });
  expect(child.isRunning).toBe(false);
});

test("a probe is told when the child it asks about has ended", async () => {
  const clock = new VirtualClock();
  const child = new FakeChild("db", { ready: (token) => clock.sleep(60_000, token) });
  const { supervisor } = setUp({ clock }, child);
  const started = supervisor.start().catch(() => clock.pending);
  await clock.advance(5);
  child.crash();
  expect(await started).toBe(0);
});

test("a supervisor of nothing starts, and says what it will not do twice", async () => {
  const supervisor = new Supervisor();
  expect(supervisor.snapshot()).toEqual({ strategy: "one-for-one", state: "new", children: [] });
  await supervisor.start();
  await expect(supervisor.start()).rejects.toMatchObject({
    message: "a supervisor starts once",
    details: { id: "" },
  });
  await supervisor.stop();
});

test("a child whose start was interrupted is never told as ready", async () => {
  const { supervisor, clock, events } = setUp({}, new FakeChild("a", { ready: "told" }));
  const started = supervisor.start();
  await clock.advance(5);
  await supervisor.stop();
  await started;
  expect(types(events)).toEqual(["child-started a", "child-exited a", "supervisor-stopped"]);
});

test("a child that ends before it is ready did not start, and there is no error to show", async () => {
  const { supervisor } = setUp({ children: [{ id: "a", ready: "told", start: () => 42 }] });
  const error = await supervisor.start().catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "CHILD_START_FAILED", message: "a ended before it was ready" });
  expect(error).not.toHaveProperty("cause");
});

test("a child that took too long to be ready hears that as the reason of its stop", async () => {
  const slow = new FakeChild("slow", { ready: "told", startTimeoutMs: 500 });
  const { supervisor, clock } = setUp({}, slow);
  const started = supervisor.start().catch(() => {});
  await clock.advance(1);
  const token = slow.live[0]?.token;
  await clock.advance(499);
  await started;
  expect(token?.reason).toMatchObject({ kind: "fatal", error: { message: "not ready after 500 ms" } });
});

test("a probe hears why it is not needed any more", async () => {
  let probing: ShutdownToken | undefined;
  const child = new FakeChild("db", {
    ready: (token) => {
      probing = token;
      return never();
    },
  });
  const { supervisor, clock } = setUp({}, child);
  const started = supervisor.start().catch(() => {});
  await clock.advance(5);
  child.crash();
  await started;
  expect(probing?.reason).toEqual({ kind: "requested-by-run", message: "the child has ended" });
});

test("what has no limit sets no timer, which would keep the process up", async () => {
  const child = new FakeChild("a", { ready: "told", stop: "infinity" });
  const { supervisor, clock } = setUp({}, child);
  void supervisor.start();
  await clock.advance(0);
  const whileStarting = clock.pending;
  child.ready();
  await clock.advance(0);
  const stopped = supervisor.stop();
  expect([whileStarting, clock.pending]).toEqual([0, 0]);
  await clock.advance(0);
  await stopped;
});

test("a refused option names what is known", () => {
  expect(() => new Supervisor({ strategy: "all" } as unknown as SupervisorOptions)).toThrow(
    "strategy must be one of one-for-one, one-for-all, rest-for-one, not all",
  );
});

test("a child that was not ready in time is told as ended, by that error", async () => {
  const slow = new FakeChild("slow", { ready: "told", startTimeoutMs: 500 });
  const { supervisor, clock, events } = setUp({}, slow);
  const started = supervisor.start().catch(() => {});
  await clock.advance(500);
  await started;
  expect(types(events)).toEqual([
    "child-started slow",
    "child-exited slow",
    "runtime-failed",
    "supervisor-stopped",
  ]);
  expect(events[1]).toMatchObject({ exit: { kind: "failed", error: { message: "not ready after 500 ms" } } });
});

test("a stop budget of nothing is a budget", () => {
  expect(() => new Supervisor({ stopBudgetMs: 0 })).not.toThrow();
});
