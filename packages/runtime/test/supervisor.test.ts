import { expect, test, vi } from "vitest";
import {
  bestEffort,
  type ChildSpec,
  required,
  restart,
  ShutdownToken,
  Supervisor,
  type SupervisorEvent,
  type SupervisorOptions,
  seededRandom,
  serviceChild,
  supervisorChild,
} from "../src/index.ts";
import { FakeChild, type FakeChildOptions, FakeNode, VirtualClock } from "../src/testing/index.ts";

const user = { kind: "user-requested", signal: "SIGTERM" } as const;
const never = () => new Promise<never>(() => {});

function setUp(options: SupervisorOptions = {}, ...fakes: FakeChild[]) {
  const clock = new VirtualClock();
  const children = [...fakes.map(({ spec }) => spec), ...(options.children ?? [])];
  const supervisor = new Supervisor({ clock, ...options, children });
  const events: SupervisorEvent[] = [];
  supervisor.subscribe((event) => events.push(event));
  return { clock, supervisor, events };
}

/** Fake children a, b, c… that share a clock and a log. */
function fakes(ids: string, options: FakeChildOptions = {}) {
  const log: string[] = [];
  return { log, children: Array.from(ids, (id) => new FakeChild(id, { log, ...options })) };
}

const types = (events: readonly SupervisorEvent[]) =>
  events.map((event) => ("id" in event ? `${event.type} ${event.id}` : event.type));

const states = (supervisor: Supervisor) =>
  Object.fromEntries(supervisor.snapshot().children.map(({ id, state }) => [id, state]));

test("L-01 children start in order, stop in reverse, and every one is cancelled and joined", async () => {
  const { log, children } = fakes("abc");
  const { supervisor, clock } = setUp({}, ...children);
  await supervisor.start();
  expect(states(supervisor)).toEqual({ a: "running", b: "running", c: "running" });
  expect(await supervisor.stop(user)).toEqual({ kind: "stopped", reason: user, left: [] });
  expect(log).toEqual([
    "start a",
    "start b",
    "start c",
    "stop c",
    "end c",
    "stop b",
    "end b",
    "stop a",
    "end a",
  ]);
  expect(clock.pending).toBe(0);
});

test("L-01 a parent token stops the tree in order, and each child hears the reason", async () => {
  const { log, children } = fakes("ab");
  const shutdown = new ShutdownToken();
  const { supervisor } = setUp({ shutdown }, ...children);
  await supervisor.start();
  const tokens = children.map((child) => child.live[0]?.token);
  shutdown.cancel(user);
  expect((await supervisor.done).kind).toBe("stopped");
  expect(log.slice(2)).toEqual(["stop b", "end b", "stop a", "end a"]);
  expect(tokens.map((token) => token?.reason)).toEqual([user, user]);
});

test("L-02 whatever a child throws, at once or later, is contained by its supervisor", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const bystander = new FakeChild("bystander");
  const { supervisor, events } = setUp(
    {
      children: [
        bestEffort("sync throw", () => {
          throw new Error("at once");
        }),
        bestEffort("rejection", async () => Promise.reject(new Error("later"))),
      ],
    },
    bystander,
  );
  await supervisor.start();
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off("unhandledRejection", unhandled);
  expect(types(events).filter((type) => type.startsWith("child-exited"))).toHaveLength(2);
  expect(unhandled).not.toHaveBeenCalled();
  expect([bystander.isRunning, supervisor.snapshot().state]).toEqual([true, "running"]);
  await supervisor.stop();
});

test("L-02 a best-effort child is told about and not restarted", async () => {
  const start = vi.fn(async () => Promise.reject(new Error("no luck")));
  const { supervisor, clock, events } = setUp({ children: [bestEffort("metrics", start)] });
  await supervisor.start();
  await clock.advance(60_000);
  expect(start).toHaveBeenCalledOnce();
  expect(events.at(-1)).toMatchObject({
    type: "child-exited",
    id: "metrics",
    exit: { kind: "failed", error: { message: "no luck" } },
  });
  expect(supervisor.snapshot()).toMatchObject({ state: "running", children: [] });
});

test("L-02 a restart child comes back after its delay, whether it failed or completed", async () => {
  const starts: number[] = [];
  const { supervisor, clock } = setUp({
    children: [
      restart(
        "sync",
        async ({ run }) => {
          starts.push(clock.monotonic());
          if (run === 1) throw new Error("first");
        },
        { delayMs: 2_000 },
      ),
    ],
  });
  await supervisor.start();
  await clock.advance(4_500);
  expect(starts).toEqual([0, 2_000, 4_000]);
  await supervisor.stop();
  expect(clock.pending).toBe(0);
});

test("L-03 a required failure says runtime-failed first, and goodbyes still run to their end", async () => {
  const log: string[] = [];
  const clock = new VirtualClock();
  const peer = new FakeChild("peer", { restart: "temporary", significant: true });
  const commands = new FakeChild("commands", { log, clock, stopMs: 300 });
  const supervisor = new Supervisor({ clock, children: [commands.spec, peer.spec] });
  const seen: string[] = [];
  supervisor.subscribe((event) => {
    if (event.type === "runtime-failed")
      seen.push(`${event.component}: ${(event.error as Error).message}, ${log}`);
  });
  const ran = supervisor.run().catch((error: unknown) => error);
  await clock.advance(0);
  const { token } = commands.live[0] ?? expect.fail();
  peer.crash(new Error("socket gone"));
  await clock.advance(299);
  expect(seen).toEqual(["peer: peer failed: socket gone, start commands"]);
  expect(token.reason).toMatchObject({ kind: "fatal", error: { code: "REQUIRED_CHILD_FAILED" } });
  expect(supervisor.snapshot().state).toBe("stopping");
  await clock.advance(1);
  expect(await ran).toMatchObject({ code: "REQUIRED_CHILD_FAILED", details: { id: "peer" } });
  expect(log.at(-1)).toBe("end commands");
  expect(await supervisor.done).toMatchObject({ kind: "failed", left: [] });
});

test("L-03 a required child that simply ends takes the runtime down without an error", async () => {
  const main = new FakeChild("main", { restart: "temporary", significant: true });
  const { supervisor, events } = setUp({}, new FakeChild("side"), main);
  await supervisor.start();
  main.complete();
  expect(await supervisor.done).toEqual({ kind: "auto-shutdown", id: "main", by: "significant", left: [] });
  expect(types(events)).not.toContain("runtime-failed");
});

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

test("a stop during backoff cancels the restart", async () => {
  const child = new FakeChild("a", { backoff: { initialMs: 1_000, factor: 2, maxMs: 30_000 } });
  const { supervisor, clock } = setUp({}, child);
  await supervisor.start();
  child.crash();
  await clock.advance(500);
  expect(supervisor.snapshot().children).toMatchObject([{ state: "restarting", restartInMs: 500 }]);
  await supervisor.stop();
  await clock.advance(10_000);
  expect([child.starts, clock.pending]).toEqual([1, 0]);
});

test("backoff grows with each crash, draws its jitter from the given random, and starts over after a long run", async () => {
  const backoff = { initialMs: 100, factor: 2, maxMs: 1_000, jitter: "equal", resetAfterMs: 5_000 } as const;
  const child = new FakeChild("a", { backoff });
  const { supervisor, clock, events } = setUp({ intensity: 100, random: seededRandom(1) }, child);
  await supervisor.start();
  for (const livesMs of [0, 10, 4_000, 5_000, 0]) {
    await clock.advance(livesMs);
    child.crash();
    await clock.advance(1_000);
    // The rest of this second is life, too, so lives are reckoned from the start.
    expect(child.isRunning).toBe(true);
  }
  const planned = events.flatMap((event) => (event.type === "child-restarting" ? [event] : []));
  expect(planned.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1, 2]);
  const random = seededRandom(1);
  expect(planned.map(({ delayMs }) => delayMs)).toEqual(
    [100, 200, 400, 100, 200].map((full) => full / 2 + (full / 2) * random.next()),
  );
  await supervisor.stop();
});

test("the intensity is shared by all children, and one crash too many ends the supervisor", async () => {
  const { children } = fakes("abc");
  const [a, b, c] = children as [FakeChild, FakeChild, FakeChild];
  const { supervisor, clock, events } = setUp({ intensity: 2, periodMs: 1_000 }, a, b, c);
  await supervisor.start();
  a.crash();
  await clock.advance(400);
  b.crash();
  await clock.advance(601);
  a.crash();
  await clock.advance(0);
  expect(supervisor.snapshot().state).toBe("running");
  b.crash(new Error("last straw"));
  expect(await supervisor.done).toMatchObject({
    kind: "failed",
    error: { code: "INTENSITY_EXCEEDED", cause: { message: "last straw" } },
  });
  expect([a.isRunning, c.isRunning]).toEqual([false, false]);
  const last = events.filter(({ type }) => type === "runtime-failed");
  expect(last).toMatchObject([
    {
      component: "b",
      error: { message: "b ended again after 2 restarts within 1000 ms: last straw" },
    },
  ]);
});

test("a crash in backoff uses up the intensity although no time passes awake", async () => {
  const child = new FakeChild("a", {
    ready: "told",
    backoff: { initialMs: 100, factor: 1, maxMs: 100 },
  });
  const { supervisor, clock } = setUp({ intensity: 3, periodMs: 10_000 }, child);
  const started = supervisor.start();
  child.ready();
  await clock.advance(0);
  child.ready();
  await started;
  child.failStarts(100);
  child.crash();
  await clock.advance(1_000);
  expect(await supervisor.done).toMatchObject({ kind: "failed", error: { code: "INTENSITY_EXCEEDED" } });
  expect(child.starts).toBe(4);
});

test.each([
  ["a limit in ms", { timeoutMs: 200 }, 200, ["a"]],
  ["brutal", "brutal", 0, []],
] as const)("a child that ignores its stop is left behind after %s", async (_what, stop, endsAt, left) => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const deaf = new FakeChild("a", { log, clock, stopMs: Number.POSITIVE_INFINITY, stop });
  const { supervisor, events } = setUp({ clock }, deaf);
  await supervisor.start();
  const stopped = supervisor.stop();
  await clock.advance(endsAt);
  expect(await stopped).toMatchObject({ kind: "stopped", left });
  expect(events.at(-2)).toMatchObject({ type: "child-exited", exit: { kind: "killed" } });
  expect([clock.pending, log]).toEqual([0, ["start a", "stop a"]]);
});

test("an infinite stop deadline waits", async () => {
  const clock = new VirtualClock();
  const slow = new FakeChild("a", { clock, stopMs: 86_400_000, stop: "infinity" });
  const { supervisor } = setUp({ clock }, slow);
  await supervisor.start();
  const stopped = supervisor.stop();
  await clock.advance(86_400_000);
  expect(await stopped).toMatchObject({ left: [] });
});

test("one stop budget caps the whole stop, whoever hangs, and leaves time to those that need it", async () => {
  const clock = new VirtualClock();
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY, stop: "infinity" } as const;
  const children = [
    new FakeChild("polite", { clock, stopMs: 90 }),
    new FakeChild("deaf 1", deaf),
    new FakeChild("deaf 2", deaf),
  ];
  const { supervisor } = setUp({ clock, stopBudgetMs: 1_000 }, ...children);
  await supervisor.start();
  const stopped = supervisor.stop();
  await clock.advance(1_000);
  expect(await stopped).toMatchObject({ left: ["deaf 1", "deaf 2"] });
  expect([children[0]?.isRunning, clock.pending]).toEqual([false, 0]);
});

test("a stop budget also cuts short a group restart that waits for a deaf sibling", async () => {
  const clock = new VirtualClock();
  const deaf = new FakeChild("deaf", { clock, stopMs: Number.POSITIVE_INFINITY, stop: "infinity" });
  const crashy = new FakeChild("crashy");
  const { supervisor } = setUp({ clock, strategy: "one-for-all", stopBudgetMs: 300 }, deaf, crashy);
  await supervisor.start();
  crashy.crash();
  await clock.advance(60_000);
  const stopped = supervisor.stop();
  await clock.advance(300);
  expect((await stopped).kind).toBe("stopped");
  expect([crashy.starts, clock.pending]).toEqual([1, 0]);
});

test("told to stop together, children share one deadline", async () => {
  const clock = new VirtualClock();
  const children = ["a", "b", "c"].map((id) => new FakeChild(id, { clock, stopMs: 100 }));
  const { supervisor } = setUp({ clock, stopOrder: "together" }, ...children);
  await supervisor.start();
  const stopped = supervisor.stop();
  await clock.advance(100);
  expect(await stopped).toMatchObject({ left: [] });
});

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
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });
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

test("a child may answer that it shall not be restarted, or that the whole tree shall end", async () => {
  const modest = new FakeChild("modest");
  const drastic = new FakeChild("drastic");
  const inner = new FakeChild("inner");
  const { supervisor, clock } = setUp(
    { children: [supervisorChild("sub", { children: [drastic.spec] })] },
    modest,
    inner,
  );
  await supervisor.start();
  modest.complete("do-not-restart");
  await clock.advance(0);
  expect(states(supervisor)).toMatchObject({ modest: "stopped" });
  drastic.complete("end-tree");
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "sub", by: "verdict" });
  expect(inner.isRunning).toBe(false);
});

test("supervisors nest: events carry their path, and an escalation is the parent's to decide", async () => {
  const leaf = new FakeChild("leaf");
  const clock = new VirtualClock();
  const { supervisor, events } = setUp({
    clock,
    children: [supervisorChild("pool", { clock, intensity: 0, children: [leaf.spec] })],
  });
  await supervisor.start();
  expect(supervisor.snapshot()).toMatchObject({
    children: [{ id: "pool", tree: { state: "running", children: [{ id: "leaf", state: "running" }] } }],
  });
  leaf.crash(new Error("leaf bug"));
  await clock.advance(0);
  expect(leaf.starts).toBe(2);
  expect(states(supervisor)).toEqual({ pool: "running" });
  const paths = events.map((event) => `${[...event.path, event.type].join("/")}`);
  expect(paths).toContain("pool/supervisor-failed");
  expect(paths).not.toContain("pool/runtime-failed");
  expect(events.find(({ type }) => type === "child-restarting")).toMatchObject({ id: "pool", path: [] });
  await supervisor.stop();
  expect(leaf.isRunning).toBe(false);
});

test("a service is a child: ready when it runs, stopped through its phases, restarted as a new one", async () => {
  const clock = new VirtualClock();
  const node = new FakeNode(clock, { onStart: { kind: "delay", ms: 40 } });
  const { supervisor } = setUp({
    clock,
    children: [serviceChild("node", { lifecycle: node, clock })],
  });
  const started = supervisor.start();
  await clock.advance(39);
  expect(supervisor.snapshot().state).toBe("starting");
  await clock.advance(1);
  await started;
  const stopped = supervisor.stop(user);
  await clock.advance(0);
  expect((await stopped).left).toEqual([]);
  expect(node.calls).toEqual(["preStart", "onStart", "run", "onStop", "postStop"]);
  const broken = new FakeNode(clock, { preStart: { kind: "fail" } });
  const second = setUp({ clock, children: [serviceChild("node", { lifecycle: broken, clock })] });
  await expect(second.supervisor.start()).rejects.toMatchObject({
    code: "CHILD_START_FAILED",
    cause: { code: "PRE_START_FAILED" },
  });
});

test("the events of a life come in order, with wall times, to a reader", async () => {
  const child = new FakeChild("a");
  const { supervisor, clock } = setUp({}, child);
  const reader = supervisor.events();
  await supervisor.start();
  child.crash();
  await clock.advance(0);
  await supervisor.stop();
  const got: string[] = [];
  for await (const event of reader) got.push(event.type === "lagged" ? "?" : `${event.type} ${event.at}`);
  const at = clock.now();
  expect(got).toEqual(
    [
      "child-started",
      "child-ready",
      "child-exited",
      "child-restarting",
      "child-started",
      "child-ready",
      "child-exited",
      "supervisor-stopped",
    ].map((type) => `${type} ${at}`),
  );
});

test("a tree snapshot survives JSON unchanged, errors included", async () => {
  const child = new FakeChild("a", { backoff: { initialMs: 1_000, factor: 1, maxMs: 1_000 } });
  const { supervisor, clock } = setUp({}, child);
  await supervisor.start();
  await clock.advance(5);
  child.crash(new Error("x"));
  await clock.advance(10);
  const snapshot = supervisor.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(snapshot).toEqual({
    strategy: "one-for-one",
    state: "running",
    children: [
      {
        id: "a",
        state: "restarting",
        restart: "permanent",
        significant: false,
        runs: 1,
        restartInMs: 990,
        lastExit: { kind: "failed", error: { name: "Error", message: "x" } },
      },
    ],
  });
  await supervisor.stop();
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

test("a child that leaves by its token's abort error was stopped, it did not fail", async () => {
  const { supervisor, events } = setUp({
    children: [
      restart("a", async ({ token }) => {
        await token.cancelled;
        token.throwIfCancelled();
      }),
    ],
  });
  await supervisor.start();
  await supervisor.stop(user);
  expect(events.at(-2)).toMatchObject({ type: "child-exited", exit: { kind: "stopped", reason: user } });
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

test("a stop in the middle of a group restart starts nobody any more", async () => {
  const { log, children } = fakes("abc", { ready: "told" });
  const { supervisor, clock } = setUp({ strategy: "one-for-all" }, ...children);
  const started = supervisor.start();
  for (const child of children) {
    await clock.advance(0);
    child.ready();
  }
  await started;
  children[0]?.crash();
  await clock.advance(0);
  log.length = 0;
  await supervisor.stop();
  expect(log).toEqual(["stop a", "end a"]);
});

test("the stop budget counts for a failure too, and its timer goes when the stop is done", async () => {
  const clock = new VirtualClock();
  const deaf = new FakeChild("deaf", { clock, stopMs: Number.POSITIVE_INFINITY, stop: "infinity" });
  const main = new FakeChild("main", { restart: "temporary", significant: true });
  const { supervisor } = setUp({ clock, stopBudgetMs: 400 }, deaf, main);
  await supervisor.start();
  main.crash();
  await clock.advance(399);
  expect(states(supervisor)).toMatchObject({ deaf: "stopping" });
  await clock.advance(1);
  expect(await supervisor.done).toMatchObject({ kind: "failed", left: ["deaf"] });
  const polite = setUp({ stopBudgetMs: 400 }, new FakeChild("polite"));
  await polite.supervisor.start();
  await polite.supervisor.stop();
  expect([clock.pending, polite.clock.pending]).toEqual([0, 0]);
});

test("a thousand crashes and a stop leave no timer and no listener", async () => {
  let listeners = 0;
  const original = ShutdownToken.prototype.onCancel;
  const spy = vi.spyOn(ShutdownToken.prototype, "onCancel").mockImplementation(function (
    this: ShutdownToken,
    listener,
  ) {
    listeners++;
    let on = true;
    const end = () => {
      if (on) listeners--;
      on = false;
    };
    const off = original.call(this, (reason) => {
      end();
      listener(reason);
    });
    return () => {
      end();
      off();
    };
  });
  const backoff = { initialMs: 1, factor: 1, maxMs: 1 };
  const child = new FakeChild("a", { ready: async () => {}, startTimeoutMs: 5, backoff });
  const { supervisor, clock } = setUp({ intensity: 2_000 }, child);
  const token = new ShutdownToken();
  const ran = supervisor.run(token);
  await clock.advance(0);
  const before = listeners;
  for (let i = 0; i < 1_000; i++) {
    child.crash();
    await clock.advance(1);
  }
  // Each run of the fake listens to its own token, which goes with it.
  expect(listeners - before).toBe(1_000);
  expect(clock.pending).toBe(0);
  listeners -= 1_000;
  await supervisor.stop();
  await ran;
  spy.mockRestore();
  expect([child.starts, listeners, clock.pending]).toEqual([1_001, 0, 0]);
});

test("stopping a child in its backoff takes its timer away", async () => {
  const child = new FakeChild("a", { backoff: { initialMs: 50, factor: 1, maxMs: 50 } });
  const { supervisor, clock } = setUp({}, child);
  await supervisor.start();
  child.crash();
  await clock.advance(10);
  await supervisor.stopChild("a");
  expect([states(supervisor), clock.pending]).toEqual([{ a: "stopped" }, 0]);
  await supervisor.stop();
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
