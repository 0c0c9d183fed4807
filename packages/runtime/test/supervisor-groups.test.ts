import { expect, test } from "vitest";
import { FakeChild, VirtualClock } from "../src/testing/index.ts";
import { fakes, setUp, states } from "./supervisor-rig.ts";

test("one-for-one restarts only the one that crashed", async () => {
  const { log, children } = fakes("abc");
  const { supervisor, clock } = setUp({}, ...children);
  await supervisor.start();
  log.length = 0;
  children[1]?.crash();
  await clock.advance(0);
  expect(log).toEqual(["end b", "start b"]);
  await supervisor.stop();
});

test("one-for-all stops the others in reverse and starts all in order", async () => {
  const { log, children } = fakes("abc");
  const { supervisor, clock } = setUp({ strategy: "one-for-all" }, ...children);
  await supervisor.start();
  log.length = 0;
  children[1]?.crash();
  await clock.advance(0);
  expect(log).toEqual(["end b", "stop c", "end c", "stop a", "end a", "start a", "start b", "start c"]);
  await supervisor.stop();
});

test("rest-for-one takes the later ones along, and a delayed restart is delayed for all of them", async () => {
  const { log, children } = fakes("abcd", { backoff: { initialMs: 50, factor: 1, maxMs: 50 } });
  const { supervisor, clock } = setUp({ strategy: "rest-for-one" }, ...children);
  await supervisor.start();
  log.length = 0;
  children[1]?.crash();
  await clock.advance(49);
  expect(log).toEqual(["end b", "stop d", "end d", "stop c", "end c"]);
  expect(states(supervisor)).toEqual({ a: "running", b: "restarting", c: "restarting", d: "restarting" });
  await clock.advance(1);
  expect(log.slice(5)).toEqual(["start b", "start c", "start d"]);
  await supervisor.stop();
});

test("an earlier crash during a group's backoff takes the waiting ones over, and starts each once", async () => {
  const { log, children } = fakes("abc", { backoff: { initialMs: 50, factor: 1, maxMs: 50 } });
  const { supervisor, clock } = setUp({ strategy: "rest-for-one" }, ...children);
  await supervisor.start();
  log.length = 0;
  children[1]?.crash();
  await clock.advance(30);
  children[0]?.crash();
  await clock.advance(49);
  expect(log.filter((line) => line.startsWith("start"))).toEqual([]);
  await clock.advance(100);
  expect(log.filter((line) => line.startsWith("start"))).toEqual(["start a", "start b", "start c"]);
  await supervisor.stop();
});

test("a group restart leaves alone what somebody stopped, and starts anew what had completed", async () => {
  const { log, children } = fakes("abc", { restart: "transient" });
  const [a, b, c] = children as [FakeChild, FakeChild, FakeChild];
  const { supervisor, clock } = setUp({ strategy: "one-for-all" }, a, b, c);
  await supervisor.start();
  await supervisor.stopChild("a");
  b.complete();
  await clock.advance(0);
  log.length = 0;
  c.crash();
  await clock.advance(0);
  expect(log).toEqual(["end c", "start b", "start c"]);
  expect(states(supervisor)).toEqual({ a: "stopped", b: "running", c: "running" });
  await supervisor.stop();
});

test("children come and go while the supervisor runs, and each wrong order has its code", async () => {
  const { supervisor, clock } = setUp();
  const child = new FakeChild("x", { ready: "told" });
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({
    code: "NOT_RUNNING",
    details: { id: child.spec.id },
  });
  await supervisor.start();
  const added = supervisor.startChild(child.spec);
  await clock.advance(0);
  child.ready();
  await added;
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  await expect(supervisor.deleteChild("x")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await expect(supervisor.restartChild("x")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await expect(supervisor.stopChild("y")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  await supervisor.stopChild("x");
  await supervisor.stopChild("x");
  expect([child.isRunning, states(supervisor)]).toEqual([false, { x: "stopped" }]);
  child.failStarts(1);
  await expect(supervisor.restartChild("x")).rejects.toMatchObject({ code: "CHILD_START_FAILED" });
  const again = supervisor.restartChild("x");
  await clock.advance(0);
  child.ready();
  await again;
  await supervisor.stopChild("x");
  await supervisor.deleteChild("x");
  child.failStarts(1);
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_START_FAILED" });
  expect(supervisor.snapshot().children).toEqual([]);
  await supervisor.stop();
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });
});

test("stopping the child whose backoff a group waits for does not strand the group", async () => {
  const { children } = fakes("abc", { backoff: { initialMs: 50, factor: 1, maxMs: 50 } });
  const { supervisor, clock } = setUp({ strategy: "rest-for-one" }, ...children);
  await supervisor.start();
  children[1]?.crash();
  await clock.advance(10);
  await supervisor.stopChild("b");
  await clock.advance(100);
  expect(states(supervisor)).toEqual({ a: "running", b: "stopped", c: "running" });
  await supervisor.stop();
  expect(clock.pending).toBe(0);
});

test("in one-for-one a backoff that is over starts its own child, and nobody else who waits", async () => {
  const { log, children } = fakes("ab", { backoff: { initialMs: 100, factor: 1, maxMs: 100 } });
  const { supervisor, clock } = setUp({}, ...children);
  await supervisor.start();
  log.length = 0;
  children[0]?.crash();
  await clock.advance(60);
  children[1]?.crash();
  await clock.advance(40);
  expect(log).toEqual(["end a", "end b", "start a"]);
  expect(states(supervisor)).toEqual({ a: "running", b: "restarting" });
  await clock.advance(60);
  expect(log.at(-1)).toBe("start b");
  await supervisor.stop();
});

test("stopping a child in its backoff takes its timer away, though another child waits too", async () => {
  const { children } = fakes("ab", { backoff: { initialMs: 100, factor: 1, maxMs: 100 } });
  const { supervisor, clock } = setUp({}, ...children);
  await supervisor.start();
  for (const child of children) child.crash();
  await clock.advance(10);
  expect(clock.pending).toBe(2);
  await supervisor.stopChild("a");
  expect(clock.pending).toBe(1);
  await clock.advance(90);
  expect(states(supervisor)).toEqual({ a: "stopped", b: "running" });
  await supervisor.stop();
});

test("stopping the only child of its group that waits takes the timer away", async () => {
  const { children } = fakes("ab", { backoff: { initialMs: 100, factor: 1, maxMs: 100 } });
  const { supervisor, clock } = setUp({ strategy: "rest-for-one" }, ...children);
  await supervisor.start();
  children[1]?.crash();
  await clock.advance(10);
  await supervisor.stopChild("b");
  expect([states(supervisor), clock.pending]).toEqual([{ a: "running", b: "stopped" }, 0]);
  await supervisor.stop();
});

test("who is stopped for a sibling's restart hears whose", async () => {
  const { children } = fakes("ab");
  const { supervisor, clock } = setUp({ strategy: "one-for-all" }, ...children);
  await supervisor.start();
  const token = children[0]?.live[0]?.token;
  children[1]?.crash();
  await clock.advance(0);
  expect(token?.reason).toEqual({ kind: "requested-by-run", message: "restarted with b" });
  await supervisor.stop();
});

test("a request that cannot be met says why, with names", async () => {
  const waiting = new FakeChild("w", { backoff: { initialMs: 50, factor: 1, maxMs: 50 } });
  const { supervisor, clock } = setUp({}, waiting, new FakeChild("x"));
  await expect(supervisor.deleteChild("x")).rejects.toThrow("the supervisor is new");
  await supervisor.start();
  waiting.crash();
  await clock.advance(10);
  await expect(supervisor.startChild(new FakeChild("x").spec)).rejects.toThrow("x exists already");
  await expect(supervisor.restartChild("x")).rejects.toThrow("x is running");
  await expect(supervisor.deleteChild("w")).rejects.toThrow("w is waiting for its restart");
  await expect(supervisor.stopChild("y")).rejects.toThrow("y is not a child of this supervisor");
  await supervisor.stop();
  await expect(supervisor.deleteChild("x")).rejects.toThrow("the supervisor is stopped");
});

test("a child that is stopped by request hears so", async () => {
  const child = new FakeChild("x");
  const { supervisor } = setUp({}, child);
  await supervisor.start();
  const token = child.live[0]?.token;
  await supervisor.stopChild("x");
  expect(token?.reason).toEqual({ kind: "requested-by-run", message: "x stopped" });
  await supervisor.stop();
});

test("a child that did not start when it was asked to is left alone by its group's restart", async () => {
  const { log, children } = fakes("ab", { ready: async () => {} });
  const [a, b] = children as [FakeChild, FakeChild];
  const { supervisor, clock } = setUp({ strategy: "one-for-all" }, a, b);
  await supervisor.start();
  await supervisor.stopChild("a");
  a.failStarts(1);
  await expect(supervisor.restartChild("a")).rejects.toMatchObject({ code: "CHILD_START_FAILED" });
  log.length = 0;
  b.crash();
  await clock.advance(0);
  expect(log).toEqual(["end b", "start b"]);
  await supervisor.stop();
});

test("a long run that is stopped with its group starts the backoff over as one that crashed does", async () => {
  const backoff = { initialMs: 100, factor: 2, maxMs: 1_000, resetAfterMs: 5_000 };
  const { children } = fakes("ab", { backoff });
  const [a, b] = children;
  const { supervisor, clock, events } = setUp({ strategy: "one-for-all", intensity: 10 }, ...children);
  await supervisor.start();
  a?.crash();
  await clock.advance(100);
  a?.crash();
  await clock.advance(200);
  await clock.advance(5_000);
  b?.crash();
  await clock.advance(100);
  a?.crash();
  const delays = () => events.flatMap((event) => (event.type === "child-restarting" ? [event.delayMs] : []));
  await clock.advance(0);
  expect(delays()).toEqual([100, 200, 100, 100]);
  await supervisor.stop();
});

test("a child started alone while its group waits, and crashing, waits anew with the group and leaves no timer", async () => {
  const { log, children } = fakes("ab", { backoff: { initialMs: 600, factor: 1, maxMs: 600 } });
  const [a] = children;
  const { supervisor, clock } = setUp({ strategy: "one-for-all" }, ...children);
  await supervisor.start();
  a?.crash();
  await clock.advance(300);
  await supervisor.stopChild("a");
  await supervisor.restartChild("a");
  a?.crash();
  await clock.advance(0);
  log.length = 0;
  await clock.advance(599);
  expect(log).toEqual([]);
  await clock.advance(1);
  expect(log).toEqual(["start a", "start b"]);
  await supervisor.stop();
  expect(clock.pending).toBe(0);
});

test("whoever crashed is told as waiting while its siblings still stop", async () => {
  const clock = new VirtualClock();
  const slow = new FakeChild("slow", { clock, stopMs: 100 });
  const crashy = new FakeChild("crashy");
  const { supervisor } = setUp({ clock, strategy: "one-for-all" }, crashy, slow);
  await supervisor.start();
  crashy.crash();
  await clock.advance(50);
  expect(states(supervisor)).toEqual({ crashy: "restarting", slow: "stopping" });
  await clock.advance(50);
  expect(states(supervisor)).toEqual({ crashy: "running", slow: "running" });
  const stopped = supervisor.stop();
  await clock.advance(100);
  await stopped;
});
