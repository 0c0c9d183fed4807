import { expect, test } from "vitest";
import { restart, ShutdownToken } from "../src/index.ts";
import { FakeChild, VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";
import { fakes, setUp, states, types, user } from "./supervisor-rig.ts";

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

test("a child whose own stop was under way, and is cut by the budget, is told among those left behind", async () => {
  const clock = new VirtualClock();
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY, stop: "infinity" } as const;
  const { supervisor } = setUp({ clock, stopBudgetMs: 1_000 }, new FakeChild("deaf", deaf));
  await supervisor.start();
  const ownStop = supervisor.stopChild("deaf");
  await clock.advance(100);
  const stopped = supervisor.stop();
  await clock.advance(1_000);
  await ownStop;
  expect(await stopped).toMatchObject({ kind: "stopped", left: ["deaf"] });
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
  expect(await stopped).toMatchObject({ left: ["deaf 2", "deaf 1"] });
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
  const listeners = countListeners();
  const backoff = { initialMs: 1, factor: 1, maxMs: 1 };
  const child = new FakeChild("a", { ready: async () => {}, startTimeoutMs: 5, backoff });
  const { supervisor, clock } = setUp({ intensity: 2_000 }, child);
  const token = new ShutdownToken();
  const ran = supervisor.run(token);
  await clock.advance(0);
  const before = listeners.current;
  for (let i = 0; i < 1_000; i++) {
    child.crash();
    await clock.advance(1);
  }
  // Each run of the fake listens to its own token, which goes with it.
  expect(listeners.current - before).toBe(1_000);
  expect(clock.pending).toBe(0);
  await supervisor.stop();
  await ran;
  listeners.end();
  expect([child.starts, listeners.current - 1_000, clock.pending]).toEqual([1_001, 0, 0]);
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

test("who was left behind earlier, by request, is not named again by the stop of all", async () => {
  const clock = new VirtualClock();
  const deaf = new FakeChild("deaf", { clock, stopMs: Number.POSITIVE_INFINITY, stop: { timeoutMs: 10 } });
  const { supervisor } = setUp({ clock }, deaf, new FakeChild("polite"));
  await supervisor.start();
  const stopped = supervisor.stopChild("deaf");
  await clock.advance(10);
  await stopped;
  expect(supervisor.snapshot().children[0]).toMatchObject({ state: "stopped", lastExit: { kind: "killed" } });
  expect((await supervisor.stop()).left).toEqual([]);
});

test("half of a stop budget is kept for those that stop later, in equal shares", async () => {
  const clock = new VirtualClock();
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY, stop: "infinity" } as const;
  const children = ["a", "b", "c"].map((id) => new FakeChild(id, deaf));
  const { supervisor, events } = setUp({ clock, stopBudgetMs: 1_200 }, ...children);
  await supervisor.start();
  const began = clock.now();
  const stopped = supervisor.stop();
  await clock.advance(1_200);
  await stopped;
  const ends = events.flatMap((event) => (event.type === "child-exited" ? [event] : []));
  expect(ends.map(({ id, at }) => `${id} ${at - began}`)).toEqual(["c 800", "b 1000", "a 1200"]);
});

test("after the stop everything below is stopped, what waited and what never started included", async () => {
  const backoff = { initialMs: 100, factor: 1, maxMs: 100 };
  const waiting = new FakeChild("waiting", { backoff });
  const { supervisor, clock } = setUp({}, waiting, new FakeChild("running"));
  await supervisor.start();
  waiting.crash();
  await clock.advance(10);
  await supervisor.stop();
  expect(states(supervisor)).toEqual({ waiting: "stopped", running: "stopped" });
  const early = setUp({}, new FakeChild("a", { ready: "told" }), new FakeChild("b"));
  void early.supervisor.start();
  await early.clock.advance(0);
  await early.supervisor.stop();
  expect(states(early.supervisor)).toEqual({ a: "stopped", b: "stopped" });
});

test("once stopped it stays stopped, whatever ended it and whoever asks again", async () => {
  const main = new FakeChild("main", { restart: "temporary", significant: true });
  const { supervisor, events } = setUp({}, main);
  await supervisor.start();
  main.crash();
  const exit = await supervisor.done;
  const again = supervisor.stop();
  for (let turn = 0; turn < 20; turn++) {
    expect(supervisor.snapshot().state).toBe("stopped");
    await Promise.resolve();
  }
  expect(await again).toBe(exit);
  expect(types(events).filter((type) => type === "supervisor-stopped")).toHaveLength(1);
});

test("a stop without a reason is one requested by the program, and leaving a scope is a stop", async () => {
  const child = new FakeChild("a");
  const { supervisor } = setUp({}, child);
  {
    await using scoped = supervisor;
    await scoped.start();
  }
  expect([child.isRunning, supervisor.snapshot().state]).toEqual([false, "stopped"]);
  expect(await supervisor.done).toEqual({ kind: "stopped", reason: { kind: "requested-by-run" }, left: [] });
});

test("those that end because another has ended hear which", async () => {
  const main = new FakeChild("main", { restart: "temporary", significant: true });
  const side = new FakeChild("side");
  const { supervisor } = setUp({}, side, main);
  await supervisor.start();
  const token = side.live[0]?.token;
  main.complete();
  await supervisor.done;
  expect(token?.reason).toEqual({ kind: "requested-by-run", message: "main ended" });
});

test("who hears of a child's end finds it stopped", async () => {
  const { children } = fakes("ab");
  const { supervisor, clock } = setUp({}, ...children);
  const found: unknown[] = [];
  supervisor.subscribe((event) => {
    if (event.type === "child-exited") found.push(states(supervisor));
  });
  await supervisor.start();
  children[0]?.crash();
  await clock.advance(0);
  await supervisor.stopChild("b");
  expect(found).toEqual([
    { a: "stopped", b: "running" },
    { a: "running", b: "stopped" },
  ]);
  await supervisor.stop();
});

test("who has ended already takes no share of the stop budget", async () => {
  const clock = new VirtualClock();
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY, stop: "infinity" } as const;
  const done = new FakeChild("done", { restart: "transient" });
  const { supervisor, events } = setUp(
    { clock, stopBudgetMs: 1_200 },
    done,
    ...["a", "b", "c"].map((id) => new FakeChild(id, deaf)),
  );
  await supervisor.start();
  done.complete();
  await clock.advance(0);
  const began = clock.now();
  const stopped = supervisor.stop();
  await clock.advance(1_200);
  await stopped;
  const ends = events.flatMap((event) => (event.type === "child-exited" ? [event] : []));
  expect(ends.slice(1).map(({ id, at }) => `${id} ${at - began}`)).toEqual(["c 800", "b 1000", "a 1200"]);
});
