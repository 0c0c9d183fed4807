import { expect, test, vi } from "vitest";
import { bestEffort, restart, ShutdownToken, Supervisor, seededRandom } from "../src/index.ts";
import { FakeChild, VirtualClock } from "../src/testing/index.ts";
import { fakes, setUp, states, types, user } from "./supervisor-rig.ts";
import { onUnhandledRejection } from "./unhandled-rejections.ts";

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
  const off = onUnhandledRejection(unhandled);
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
  off();
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

test("one restart too many has the error of the last end as its cause, and none if that was no failure", async () => {
  const ending = new FakeChild("a");
  const quiet = setUp({ intensity: 0 }, ending);
  await quiet.supervisor.start();
  ending.complete();
  const { error } = (await quiet.supervisor.done) as { readonly error?: Error };
  expect(error?.message).toBe("a ended again after 0 restarts within 5000 ms");
  expect(error).not.toHaveProperty("cause");
  const refusing = new FakeChild("b", { ready: async () => {} });
  const loud = setUp({ intensity: 1 }, refusing);
  await loud.supervisor.start();
  refusing.failStarts(1, new Error("no port"));
  refusing.crash();
  expect(await loud.supervisor.done).toMatchObject({
    error: {
      message: "b ended again after 1 restarts within 5000 ms: b failed to start: no port",
      cause: { code: "CHILD_START_FAILED", cause: { message: "no port" } },
    },
  });
});

test("only a verdict is an answer: whatever else a child ends with changes nothing", async () => {
  const child = new FakeChild("a");
  const { supervisor, clock, events } = setUp({}, child);
  await supervisor.start();
  child.complete("restart me not");
  await clock.advance(0);
  expect(child.starts).toBe(2);
  const exited = events.flatMap((event) => (event.type === "child-exited" ? [event.exit] : []));
  expect(exited).toEqual([{ kind: "completed" }]);
  await supervisor.stop();
});

test("a run of exactly the reset time starts the backoff over, a shorter one does not", async () => {
  const backoff = { initialMs: 100, factor: 2, maxMs: 1_000, resetAfterMs: 5_000 };
  const child = new FakeChild("a", { backoff });
  const { supervisor, clock, events } = setUp({ intensity: 10 }, child);
  await supervisor.start();
  for (const [livesMs, delayMs] of [
    [0, 100],
    [4_999, 200],
    [5_000, 100],
  ] as const) {
    await clock.advance(livesMs);
    child.crash();
    await clock.advance(delayMs);
  }
  const attempts = events.flatMap((event) => (event.type === "child-restarting" ? [event.attempt] : []));
  expect(attempts).toEqual([1, 2, 1]);
  await supervisor.stop();
});

test("the time a child takes to start is no life: it does not start the backoff over", async () => {
  const backoff = { initialMs: 100, factor: 2, maxMs: 1_000, resetAfterMs: 1_000 };
  const child = new FakeChild("a", { backoff, ready: "told", startTimeoutMs: 5_000 });
  const { supervisor, clock, events } = setUp({ intensity: 10, periodMs: 60_000 }, child);
  const started = supervisor.start();
  await clock.advance(0);
  child.ready();
  await started;
  child.crash();
  await clock.advance(100 + 5_000 + 200);
  const attempts = events.flatMap((event) => (event.type === "child-restarting" ? [event.attempt] : []));
  expect(attempts).toEqual([1, 2]);
  await supervisor.stop();
});
