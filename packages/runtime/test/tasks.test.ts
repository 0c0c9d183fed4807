import { expect, test, vi } from "vitest";
import { ShutdownToken, TaskRegistry } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { onUnhandledRejection } from "./unhandled-rejections.ts";

const loop = { kind: "background-loop" } as const;
const never = () => new Promise<never>(() => {});

function setUp() {
  const clock = new VirtualClock(1_000_000);
  const token = new ShutdownToken();
  return { clock, token, tasks: new TaskRegistry(token, { clock }) };
}

test("D-11 a snapshot names every live task with its kind, since and age", async () => {
  const { clock, tasks } = setUp();
  tasks.spawn("sync", loop, never);
  await clock.advance(40);
  tasks.spawn("peer", { kind: "peer-connection" }, never).abort();
  await clock.advance(2);
  expect(tasks.size).toBe(2);
  expect(tasks.snapshot()).toEqual([
    { name: "sync", kind: "background-loop", since: 1_000_000, ageMs: 42, state: "running" },
    { name: "peer", kind: "peer-connection", since: 1_000_040, ageMs: 2, state: "aborting" },
  ]);
});

test("D-11 a finished task leaves at once, however it ended", async () => {
  const { tasks, token } = setUp();
  const outcomes = [
    tasks.spawn("value", loop, async () => 7),
    tasks.spawn("plain", loop, () => 8),
    tasks.spawn("reject", loop, async () => Promise.reject(new Error("no"))),
    tasks.spawn("throw", loop, () => {
      throw new Error("at once");
    }),
  ].map((task) => task.done);
  expect(await Promise.all(outcomes)).toMatchObject([
    { kind: "completed", value: 7 },
    { kind: "completed", value: 8 },
    { kind: "failed", error: { message: "no" } },
    { kind: "failed", error: { message: "at once" } },
  ]);
  expect([tasks.size, tasks.snapshot(), token.isCancelled]).toEqual([0, [], false]);
});

test("D-11 a join has one deadline over cooperation and abort, and ends early when all have left", async () => {
  const { clock, token, tasks } = setUp();
  tasks.spawn("obedient", loop, (token) => token.cancelled);
  tasks.spawn("slow", loop, async (token) => {
    await token.cancelled;
    await clock.sleep(300);
  });
  token.cancel({ kind: "user-requested" });
  const joined = tasks.joinAll(5_000);
  await clock.advance(300);
  expect(await joined).toEqual({ laggards: [] });
  expect([clock.monotonic(), clock.pending]).toEqual([300, 0]);
});

test("D-07 who does not cooperate is aborted one by one, and who ignores that is a laggard by name", async () => {
  const { clock, tasks } = setUp();
  const told: number[] = [];
  tasks.spawn("obeys abort", loop, async (token) => {
    await token.cancelled;
    told.push(clock.monotonic());
  });
  tasks.spawn("deaf", { kind: "maintenance" }, never);
  tasks.spawn("done", loop, async () => {});
  const joined = tasks.joinAll(5_000);
  await clock.advance(3_999);
  expect(told).toEqual([]);
  await clock.advance(1_001);
  expect(await joined).toMatchObject({
    laggards: [{ name: "deaf", kind: "maintenance", ageMs: 5_000, state: "aborting" }],
  });
  expect(told).toEqual([4_000]);
  expect([tasks.size, clock.pending]).toEqual([0, 0]);
});

test("a join also waits for a task that was spawned while it waits", async () => {
  const { clock, tasks } = setUp();
  tasks.spawn("first", loop, async () => {
    await clock.sleep(10);
    tasks.spawn("second", loop, () => clock.sleep(10));
  });
  const joined = tasks.joinAll(1_000);
  let settled = false;
  void joined.then(() => {
    settled = true;
  });
  await clock.advance(15);
  expect(settled).toBe(false);
  await clock.advance(5);
  expect(settled).toBe(true);
});

test("a join without limit waits for ever and holds no deadline", async () => {
  const { clock, tasks } = setUp();
  tasks.spawn("long", loop, () => clock.sleep(10 ** 9));
  const joined = tasks.joinAll(Number.POSITIVE_INFINITY);
  await clock.advance(10 ** 9);
  expect(await joined).toEqual({ laggards: [] });
  expect(clock.pending).toBe(0);
});

test("aborting one task leaves its siblings alone", async () => {
  const { tasks, token } = setUp();
  const victim = tasks.spawn("victim", loop, (token) => token.cancelled);
  const other = tasks.spawn("other", loop, (token) => token.cancelled);
  victim.abort();
  expect(await victim.done).toMatchObject({ kind: "completed", value: { kind: "requested-by-run" } });
  expect([other.token.isCancelled, token.isCancelled, tasks.size]).toEqual([false, false, 1]);
});

test("a failure is told to every listener, and is never an unhandled rejection", async () => {
  const { tasks } = setUp();
  const unhandled = vi.fn();
  const quiet = onUnhandledRejection(unhandled);
  const heard: string[] = [];
  const off = tasks.onFailure((task, error) => heard.push(`${task.name}: ${(error as Error).message}`));
  await tasks.spawn("a", loop, async () => Promise.reject(new Error("one"))).done;
  off();
  await tasks.spawn("b", loop, async () => Promise.reject(new Error("two"))).done;
  await new Promise((resolve) => setTimeout(resolve, 0));
  quiet();
  expect(heard).toEqual(["a: one"]);
  expect(unhandled).not.toHaveBeenCalled();
});

test("leaving by an abort error after cancellation is being cancelled, not failing", async () => {
  const { tasks, token } = setUp();
  const failed = vi.fn();
  tasks.onFailure(failed);
  const polite = tasks.spawn("polite", loop, async (token) => {
    await token.cancelled;
    token.throwIfCancelled();
  });
  const broken = tasks.spawn("broken", loop, async (token) => {
    await token.cancelled;
    throw new Error("while leaving");
  });
  token.cancel({ kind: "rpc-requested" });
  expect(await polite.done).toEqual({ kind: "cancelled", reason: { kind: "rpc-requested" } });
  expect(await broken.done).toMatchObject({ kind: "failed" });
  expect(failed).toHaveBeenCalledOnce();
});

test("an abort error without a cancellation is a failure", async () => {
  const { tasks } = setUp();
  const error = Object.assign(new Error("timed out"), { name: "AbortError" });
  expect(await tasks.spawn("t", loop, async () => Promise.reject(error)).done).toEqual({
    kind: "failed",
    error,
  });
});

test("what a finished task left listening to its token is let go of with it", async () => {
  const { tasks, token } = setUp();
  const heard = vi.fn();
  await tasks.spawn("t", loop, async (token) => void token.onCancel(heard)).done;
  token.cancel({ kind: "user-requested" });
  expect(heard).not.toHaveBeenCalled();
});

test("a failure listener that throws robs no other of its call, and its error surfaces", async () => {
  const { tasks } = setUp();
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  const heard = vi.fn();
  tasks.onFailure(() => {
    throw new Error("listener bug");
  });
  tasks.onFailure(heard);
  const { done } = tasks.spawn("t", loop, async () => Promise.reject(new Error("no")));
  expect(await done).toMatchObject({ kind: "failed", error: { message: "no" } });
  const surfaced = uncaught.mock.calls.map(([job]) => job);
  uncaught.mockRestore();
  expect(heard).toHaveBeenCalledOnce();
  expect(surfaced).toHaveLength(1);
  expect(surfaced[0]).toThrow("listener bug");
});

test("a task that is aborted hears which, or the reason that was given", () => {
  const { tasks } = setUp();
  const [plain, told] = [tasks.spawn("plain", loop, never), tasks.spawn("told", loop, never)];
  plain.abort();
  told.abort({ kind: "reload-requested" });
  expect([plain.token.reason, told.token.reason]).toEqual([
    { kind: "requested-by-run", message: "task plain aborted" },
    { kind: "reload-requested" },
  ]);
});

test("a join of nothing ends at once and sets no timer", async () => {
  const { clock, tasks } = setUp();
  const joined = tasks.joinAll(5_000);
  expect(clock.pending).toBe(0);
  expect(await joined).toEqual({ laggards: [] });
});

test("of two joins at once, both end when the shorter one gives the rest up", async () => {
  const { clock, tasks } = setUp();
  tasks.spawn("deaf", loop, never);
  const long = tasks.joinAll(60_000);
  const short = tasks.joinAll(100);
  await clock.advance(100);
  expect((await short).laggards).toMatchObject([{ name: "deaf" }]);
  expect(await long).toEqual({ laggards: [] });
  expect(clock.pending).toBe(0);
});

test("a task spawned after the cancellation runs, with a token that is already cancelled", async () => {
  const { tasks, token } = setUp();
  const spawned: (boolean | undefined)[] = [];
  const spawn = () => tasks.spawn("late", loop, (own) => void spawned.push(own.isCancelled));
  token.onCancel(spawn);
  token.cancel({ kind: "user-requested" });
  spawn();
  expect(spawned).toEqual([true, true]);
  expect(await tasks.joinAll(1_000)).toEqual({ laggards: [] });
});

test("aborting a task that has ended changes nothing of how it ended", async () => {
  const { tasks, token } = setUp();
  const failed = vi.fn();
  tasks.onFailure(failed);
  const task = tasks.spawn("t", loop, async () => 7);
  await task.done;
  task.abort();
  expect(await task.done).toEqual({ kind: "completed", value: 7 });
  expect([tasks.size, token.isCancelled]).toEqual([0, false]);
  expect(failed).not.toHaveBeenCalled();
});

test("tasks leave in any order, and those that stay are the ones that run", async () => {
  const { tasks } = setUp();
  const ends = new Map<string, () => void>();
  const spawn = (name: string) =>
    tasks.spawn(name, loop, () => new Promise<void>((resolve) => ends.set(name, resolve)));
  const all = ["a", "b", "c", "d", "e"].map(spawn);
  const leave = async (...names: readonly string[]) => {
    for (const name of names) ends.get(name)?.();
    await Promise.all(all.filter((task) => names.includes(task.name)).map(({ done }) => done));
    return tasks
      .snapshot()
      .map(({ name }) => name)
      .sort();
  };
  expect(await leave("b")).toEqual(["a", "c", "d", "e"]);
  expect(await leave("e", "a")).toEqual(["c", "d"]);
  all.push(spawn("f"));
  expect(await leave("c")).toEqual(["d", "f"]);
  expect(await leave("d")).toEqual(["f"]);
  expect(await leave("f")).toEqual([]);
  expect(tasks.size).toBe(0);
});

test("an abandoned task that ends later takes nobody with it", async () => {
  const { clock, tasks } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  const deaf = tasks.spawn("deaf", loop, () => promise);
  const joined = tasks.joinAll(100);
  await clock.advance(100);
  expect(await joined).toMatchObject({ laggards: [{ name: "deaf" }] });
  tasks.spawn("next", loop, never);
  resolve();
  expect(await deaf.done).toEqual({ kind: "completed", value: undefined });
  expect(tasks.snapshot()).toMatchObject([{ name: "next" }]);
});

test("a join also waits for a successor that is spawned when the last task fails", async () => {
  const { clock, tasks } = setUp();
  tasks.onFailure(() => {
    tasks.spawn("successor", loop, () => clock.sleep(10));
  });
  tasks.spawn("last", loop, async () => Promise.reject(new Error("no")));
  const joined = tasks.joinAll(1_000);
  await clock.advance(10);
  expect(await joined).toEqual({ laggards: [] });
  expect(clock.monotonic()).toBe(10);
});

test("two joins at once end together; who is abandoned is told by the one whose budget is spent", async () => {
  const { clock, tasks } = setUp();
  tasks.spawn("deaf", loop, never);
  const long = tasks.joinAll(1_000);
  const short = tasks.joinAll(100);
  await clock.advance(100);
  expect(await short).toMatchObject({ laggards: [{ name: "deaf" }] });
  expect(await long).toEqual({ laggards: [] });
  expect([clock.monotonic(), clock.pending]).toEqual([100, 0]);
});

test("a join is told of each time the registry is empty, not only of the first", async () => {
  const { clock, tasks } = setUp();
  for (const name of ["first", "second"]) {
    tasks.spawn(name, loop, () => clock.sleep(10));
    const joined = tasks.joinAll(1_000);
    await clock.advance(10);
    expect(await joined).toEqual({ laggards: [] });
  }
  expect(clock.monotonic()).toBe(20);
});

test.each<[string, () => PromiseLike<unknown>, object]>([
  [
    "throws when asked for then",
    () =>
      new Proxy(foreign(never), {
        get: () => {
          throw new Error("no then");
        },
      }),
    { kind: "failed", error: { message: "no then" } },
  ],
  [
    "throws from then",
    () =>
      foreign(() => {
        throw new Error("thrown");
      }),
    { kind: "failed", error: { message: "thrown" } },
  ],
  [
    "calls back twice",
    () =>
      foreign((resolve) => {
        resolve(1);
        resolve(2);
      }),
    { kind: "completed", value: 1 },
  ],
  [
    "calls back, then throws",
    () =>
      foreign((resolve) => {
        resolve(1);
        throw new Error("too late");
      }),
    { kind: "completed", value: 1 },
  ],
])("a foreign thenable that %s ends its task once", async (_what, make, outcome) => {
  const { tasks } = setUp();
  const task = tasks.spawn("t", loop, make);
  expect(await task.done).toMatchObject(outcome);
  expect(tasks.size).toBe(0);
});

/** What is no promise, but has a `then`, as old libraries have it. */
function foreign(then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => unknown) {
  return { then } as PromiseLike<unknown>;
}

test("of a budget below 5 s the last fifth is left for those who are told to abort", async () => {
  const { clock, tasks } = setUp();
  const told: number[] = [];
  tasks.spawn("t", loop, async (token) => {
    await token.cancelled;
    told.push(clock.monotonic());
  });
  const joined = tasks.joinAll(100);
  await clock.advance(100);
  expect(await joined).toEqual({ laggards: [] });
  expect(told).toEqual([80]);
});
