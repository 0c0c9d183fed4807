// What users of other libraries asked for in their issues, each answered by one test.
import { expect, test } from "vitest";
import { Service, ServiceError, ShutdownToken, Supervisor, supervisorChild } from "../../src/index.ts";
import { FakeNode, VirtualClock } from "../../src/testing/index.ts";
import { failure, hang, loop, setUp as service, user } from "../service-rig.ts";
import {
  exitsIn,
  fake,
  lines,
  logged,
  nested,
  settledAfter,
  setUp,
  shutdown,
  states,
  watched,
} from "./rig.ts";

test("suture#4: children stop in the reverse of the order they were started in, later additions first", async () => {
  const { fakes, log } = logged(["database", "cache", "web"]);
  const [database, cache, web] = fakes;
  const { supervisor } = await setUp({}, ...[database, cache].filter((child) => child !== undefined));
  if (web) await supervisor.startChild(web.spec);
  log.length = 0;
  await supervisor.stop();
  expect(log).toEqual(["web", "cache", "database"].flatMap((id) => [`stop ${id}`, `end ${id}`]));
});

test("suture#41: a child added while the supervisor stops is refused at once, and never started", async () => {
  const clock = new VirtualClock();
  const slow = fake("slow", { clock, stopMs: 1_000 });
  const { supervisor } = await setUp({ clock }, slow);
  const stopping = supervisor.stop(shutdown);
  await clock.advance(500);
  expect(supervisor.snapshot().state).toBe("stopping");
  const late = fake("late");
  const refused = expect(supervisor.startChild(late.spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });
  await clock.advance(500);
  await Promise.all([refused, stopping]);
  await expect(supervisor.startChild(late.spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });

  // Asked just before the stop, its turn comes just after.
  const overtaken = await setUp();
  const added = overtaken.supervisor.startChild(late.spec);
  const stopped = overtaken.supervisor.stop(shutdown);
  await expect(added).rejects.toMatchObject({ code: "NOT_RUNNING" });
  expect([(await stopped).left, late.starts]).toEqual([[], 0]);
});

test("oklog/run#22: whoever does not end is named, at any depth, while it hangs and afterwards", async () => {
  const clock = new VirtualClock();
  const deaf = fake("deaf", { clock, stopMs: Number.POSITIVE_INFINITY, stop: { timeoutMs: 1_000 } });
  const group = nested("group", { clock, children: [deaf.spec] }, {}, []);
  const { supervisor, events } = await setUp({ clock, children: [group] }, fake("fine"));
  const stopping = supervisor.stop(shutdown);
  await clock.advance(999);
  expect(supervisor.snapshot().children).toMatchObject([
    { id: "fine", state: "running" },
    { id: "group", state: "stopping", tree: { children: [{ id: "deaf", state: "stopping", ageMs: 999 }] } },
  ]);
  await clock.advance(1);
  await stopping;
  expect(exitsIn(events)).toEqual(["group/deaf killed", "group stopped", "fine stopped"]);
});

test("oklog/run#35: the order of the stop is a choice, one after the other or all together", async () => {
  for (const [stopOrder, order, took] of [
    ["reverse", ["stop b", "end b", "stop a", "end a"], 400],
    ["together", ["stop a", "stop b", "end b", "end a"], 300],
  ] as const) {
    const clock = new VirtualClock();
    const log: string[] = [];
    const [a, b] = [fake("a", { clock, log, stopMs: 300 }), fake("b", { clock, log, stopMs: 100 })];
    const { supervisor } = await setUp({ clock, stopOrder }, a, b);
    log.length = 0;
    expect(await settledAfter(clock, supervisor.stop(), 1_000)).toBe(took);
    expect(log).toEqual(order);
  }
});

test("nest#14118: who depends on another has ended before that one is told to", async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const moduleB = fake("B", { clock, log, stopMs: 10 });
  const moduleA = fake("A", { clock, log, stopMs: 1_000 });
  const services = supervisorChild("services", { clock, children: [moduleA.spec] });
  const stores = supervisorChild("stores", { clock, children: [moduleB.spec] });
  const { supervisor } = await setUp({ clock, children: [stores, services] });
  expect(lines(log, "start")).toEqual(["start B", "start A"]);
  log.length = 0;
  const stopping = supervisor.stop();
  await clock.advance(2_000);
  await stopping;
  expect(log).toEqual(["stop A", "end A", "stop B", "end B"]);
});

test("swift-service-lifecycle#207: a stop that takes too long says which hook and which task, and how old each is", async () => {
  const { clock, node, service: slow, handle } = service({ onStop: hang });
  const failed = failure(slow.start());
  await clock.advance(100);
  node.contexts.run?.tasks.spawn("sync", loop, () => new Promise(() => {}));
  handle.requestShutdown(user);
  await clock.advance(0);
  expect(handle.pending()).toMatchObject([{ phase: "tasks", name: "sync", ageMs: 0 }]);
  await clock.advance(850);
  expect(handle.pending()).toMatchObject([
    { phase: "tasks", name: "sync", ageMs: 800 },
    { phase: "onStop", name: "onStop", kind: "hook", ageMs: 50 },
  ]);
  await clock.advance(150);
  const error = await failed;
  expect(error).toBeInstanceOf(ServiceError);
  expect(error.message).toBe("node did not stop in 1000 ms; 2 left: tasks/sync, onStop");
});

test("swift-service-lifecycle#248: a shutdown that comes before the run is not lost, and told apart from a run", async () => {
  const early = service();
  early.handle.requestShutdown(user);
  expect(await early.service.start()).toMatchObject({
    reason: { kind: "requested", reason: user },
    exitCode: 0,
  });
  expect(await early.handle.waitUntilRunning()).toBe(false);
  expect(early.node.calls).toEqual([]);

  const child = fake("child");
  const supervisor = new Supervisor({ clock: new VirtualClock(), children: [child.spec] });
  await supervisor.stop(shutdown);
  await expect(supervisor.start()).rejects.toMatchObject({ code: "ALREADY_STARTED" });
  expect([await supervisor.done, child.starts]).toEqual([{ kind: "stopped", reason: shutdown, left: [] }, 0]);
});

test("swift-otel#299: one can wait until it runs, and is told if it never will", async () => {
  const { clock, service: slow, handle } = service({ onStart: { kind: "delay", ms: 50 } });
  const running = handle.waitUntilRunning();
  const ended = slow.start();
  expect(await settledAfter(clock, running, 100)).toBe(50);
  expect([await running, handle.isRunning]).toEqual([true, true]);
  handle.requestShutdown(user);
  await ended;
  const broken = service({ onStart: { kind: "fail" } });
  const never = broken.handle.waitUntilRunning();
  await failure(broken.service.start());
  expect(await never).toBe(false);
});

test("tokio#5249: a cancellation carries a typed reason to everything below, and out again", async () => {
  const token = new ShutdownToken();
  const deep = token.childToken().childToken();
  const heard: unknown[] = [];
  deep.onCancel((reason) => heard.push(reason));
  const { signal } = deep;
  const reason = { kind: "rpc-requested", by: "operator", message: "update" } as const;
  token.cancel(reason);
  expect([heard, deep.reason, await deep.cancelled]).toEqual([[reason], reason, reason]);
  expect(() => deep.throwIfCancelled()).toThrow("cancelled: update");
  expect(signal.reason).toMatchObject({ name: "AbortError", code: "CANCELLED", details: reason });

  const clock = new VirtualClock();
  const lifecycle = new FakeNode(clock);
  const status = new Service({ name: "node", lifecycle, clock, shutdown: token }).start();
  expect((await status).reason).toEqual({ kind: "requested", reason });
});

test("tokio-graceful-shutdown#37: a subtree can be restarted alone, by request or because it failed", async () => {
  const clock = new VirtualClock();
  const seen: Supervisor[] = [];
  const [inner, beside] = [fake("inner"), fake("beside")];
  const subtree = nested("subtree", { clock, intensity: 0, children: [inner.spec] }, {}, seen);
  const { supervisor, settle } = await setUp({ clock, children: [subtree] }, beside);
  const events = watched(supervisor);
  await supervisor.stopChild("subtree");
  expect([states(supervisor), inner.isRunning]).toEqual([["beside running", "subtree stopped"], false]);
  await supervisor.restartChild("subtree");
  expect([inner.starts, inner.isRunning, seen.length]).toEqual([2, true, 2]);
  inner.crash();
  await settle();
  expect([inner.starts, inner.isRunning, seen.length]).toEqual([3, true, 3]);
  expect([beside.starts, states(supervisor)]).toEqual([1, ["beside running", "subtree running"]]);
  expect(events.map(({ type }) => type)).toContain("supervisor-failed");
  expect(events.map(({ type }) => type)).not.toContain("runtime-failed");
  await supervisor.stop();
});

test("otp#1289: intensity is what it says: so many restarts within a period are borne, and the error tells them", async () => {
  const bug = new Error("no connection");
  const clock = new VirtualClock();
  const child = fake("db");
  const { supervisor } = await setUp({ clock, intensity: 5, periodMs: 30_000 }, child);
  // One every six seconds is borne for ever.
  for (let i = 0; i < 20; i++) {
    child.crash(bug);
    await clock.advance(6_001);
  }
  expect([child.starts, supervisor.snapshot().state]).toEqual([21, "running"]);
  await clock.advance(30_001);
  // A burst is borne up to the intensity.
  for (let i = 0; i < 5; i++) {
    child.crash(bug);
    await clock.advance(0);
  }
  expect([child.starts, supervisor.snapshot().state]).toEqual([26, "running"]);
  child.crash(bug);
  expect(await supervisor.done).toMatchObject({
    kind: "failed",
    error: { message: "db ended again after 5 restarts within 30000 ms: no connection", cause: bug },
  });
});
