// The worker entry over real threads of Node.
import { readdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { beforeAll, expect, test } from "vitest";
import { isAbortError, ShutdownToken, Supervisor, systemClock, TaskRegistry } from "../src/index.ts";
import { runWorker, WorkerError, type WorkerOptions } from "../src/worker/index.ts";
import { activeResources, newResources } from "./active-resources.ts";
import type { Jobs, Order } from "./programs/worker-jobs.ts";

const program = new URL("./programs/worker-jobs.ts", import.meta.url);
const maintenance = { kind: "maintenance" } as const;
/** For those that obey, however busy the machine is. */
const patient = { graceMs: 60_000 };
const reason = { kind: "rpc-requested", by: "alice", message: "enough" } as const;

/** Threads of this process, where the system tells. */
const threads = (): number => (process.platform === "linux" ? readdirSync("/proc/self/task").length : 0);

let before = { threads: 0, resources: activeResources() };
beforeAll(async () => {
  // The first thread ever makes the platform start a few of its own.
  await runWorker<Jobs>(orders({ kind: "late-message" }), new ShutdownToken());
  before = { threads: threads(), resources: activeResources() };
});

const left = () => ({
  threads: Math.max(0, threads() - before.threads),
  resources: newResources(before.resources),
});

/** What runs these tests has timers of its own that come and go: it is so at some moment soon. */
async function nothingIsLeft(): Promise<void> {
  const nothing = { threads: 0, resources: [] };
  for (let looks = 0; looks < 250 && JSON.stringify(left()) !== JSON.stringify(nothing); looks++) {
    await systemClock.sleep(20);
  }
  expect(left()).toEqual(nothing);
}

function orders(input: Order, more: Partial<WorkerOptions<Jobs>> = {}): WorkerOptions<Jobs> {
  return { create: () => new Worker(program), input, ...more };
}

/** A job that has said its first word. */
async function begun(input: Order, more: Partial<WorkerOptions<Jobs>> = {}) {
  const said: unknown[] = [];
  const first = Promise.withResolvers<void>();
  const onProgress = (word: unknown) => {
    said.push(word);
    first.resolve();
  };
  const tasks = new TaskRegistry();
  const task = tasks.spawn(input.kind, maintenance, (token) =>
    runWorker<Jobs>(orders(input, { onProgress, ...more }), token),
  );
  await Promise.race([first.promise, task.done]);
  return { tasks, task, said };
}

const failureOf = async (input: Order, more: Partial<WorkerOptions<Jobs>> = {}): Promise<unknown> => {
  const outcome = await new TaskRegistry().spawn(input.kind, maintenance, (token) =>
    runWorker<Jobs>(orders(input, more), token),
  ).done;
  expect(outcome.kind).toBe("failed");
  return outcome.kind === "failed" ? outcome.error : undefined;
};

test("a job gets its input, tells its progress in order, and its result is the task's", async () => {
  const progress: unknown[] = [];
  const numbers = Float64Array.of(1, 2, 3.5);
  const result = await runWorker<Jobs>(
    orders({ kind: "sum", numbers, steps: 4 }, { onProgress: (p) => progress.push(p) }),
    new ShutdownToken(),
  );
  expect(result).toEqual({ sum: 6.5 });
  expect(progress).toEqual([0.25, 0.5, 0.75, 1]);
  expect(numbers.length).toBe(3);
});

test("what is to be transferred of the input is moved, not copied", async () => {
  const numbers = new Float64Array(1_000).fill(1);
  const options = orders({ kind: "sum", numbers, steps: 0 }, { transfer: [numbers.buffer] });
  expect(await runWorker<Jobs>(options, new ShutdownToken())).toEqual({ sum: 1_000 });
  expect(numbers.length).toBe(0);
});

test("L-04 a worker in the middle of a computation ends within 50 ms of its token, and its thread is gone", async () => {
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { task, tasks, said } = await begun({ kind: "compute-until-cancelled" }, patient);
    const at = performance.now();
    task.abort(reason);
    expect(await task.done).toEqual({ kind: "cancelled", reason });
    took.push(performance.now() - at);
    expect(said).toEqual(["computing", JSON.stringify(reason)]);
    expect(tasks.size).toBe(0);
    await nothingIsLeft();
  }
  console.log(`L-04: cancelled after ${took.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  expect(Math.min(...took)).toBeLessThan(50);
});

test("L-04 a worker asleep is woken by its token, with the reason", async () => {
  const { task } = await begun({ kind: "sleep-until-cancelled" }, patient);
  // It says so just before it falls asleep, for ever.
  await systemClock.sleep(100);
  task.abort(reason);
  expect(await task.done).toEqual({
    kind: "completed",
    value: { seen: ["elapsed", "cancelled", reason] },
  });
});

test("L-04 a worker that awaits hears of it by message, an error in the reason included", async () => {
  const { task } = await begun({ kind: "await-until-cancelled" }, patient);
  const error = new Error("no funds", { cause: new Error("the bank") });
  task.abort({ kind: "fatal", error, message: "end" });
  expect(await task.done).toMatchObject({
    kind: "completed",
    value: {
      seen: { kind: "fatal", message: "end", error: { message: "no funds", cause: { message: "the bank" } } },
    },
  });
});

test("L-04 a reason too long for the shared memory keeps its kind", async () => {
  const { task, said } = await begun({ kind: "compute-until-cancelled" }, patient);
  task.abort({ kind: "user-requested", message: "é".repeat(2_000) });
  expect(await task.done).toMatchObject({ kind: "cancelled", reason: { kind: "user-requested" } });
  expect(said[1]).toBe('{"kind":"user-requested"}');
});

test.each(["compute-deaf", "hang-deaf"] as const)(
  "L-04 a worker that ignores its token (%s) is killed after its grace",
  async (kind) => {
    const { task, tasks } = await begun({ kind }, { graceMs: 30 });
    task.abort(reason);
    const { laggards } = await tasks.joinAll(10_000);
    expect(laggards).toEqual([]);
    const outcome = await task.done;
    expect(outcome).toMatchObject({
      kind: "failed",
      error: { code: "WORKER_KILLED", details: { graceMs: 30, reason } },
    });
    expect(outcome.kind === "failed" && outcome.error).toBeInstanceOf(WorkerError);
    await nothingIsLeft();
  },
);

test("a token that is cancelled before, or while the thread starts, lets no job begin", async () => {
  const cancelled = new ShutdownToken();
  cancelled.cancel(reason);
  const never = orders({ kind: "compute-deaf" }, { create: () => expect.fail("a thread was made") });
  await expect(runWorker<Jobs>(never, cancelled)).rejects.toMatchObject({ code: "CANCELLED" });

  const said: unknown[] = [];
  const token = new ShutdownToken();
  const running = runWorker<Jobs>(
    orders({ kind: "compute-deaf" }, { onProgress: (p) => said.push(p), graceMs: 60_000 }),
    token,
  );
  token.cancel(reason);
  await expect(running).rejects.toSatisfy(isAbortError);
  expect(said).toEqual([]);
});

test("an error crosses with its name, code, details, causes and the worker's stack", async () => {
  const error = await failureOf({ kind: "fail" });
  expect(error).toMatchObject({
    name: "HoldfastError",
    message: "no hash",
    code: "HASH_FAILED",
    details: { path: "/a" },
    cause: { name: "TypeError", message: "no page", cause: { message: "the disk is full", code: "ENOSPC" } },
  });
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).stack).toContain("worker-jobs.ts");
});

test("what cannot be sent is a failure too: a text thrown, odd details, a result no thread can be given", async () => {
  expect(await failureOf({ kind: "throw-text" })).toMatchObject({ name: "NonError", message: "only a text" });
  expect(await failureOf({ kind: "fail-unclonable" })).toMatchObject({ code: "ODD", message: "odd details" });
  expect(await failureOf({ kind: "return-unclonable" })).toMatchObject({ name: "DataCloneError" });
  const input = { kind: "sum", numbers: (() => 1) as never, steps: 0 } as const;
  expect(await failureOf(input)).toMatchObject({ name: "DataCloneError" });
});

test("a thread that crashes, exits, does not load or runs out of memory fails its task", async () => {
  expect(await failureOf({ kind: "crash" })).toMatchObject({
    code: "WORKER_CRASHED",
    message: "the worker crashed: nobody catches this",
    cause: { name: "RangeError" },
  });
  expect(await failureOf({ kind: "reject-unseen" })).toMatchObject({ code: "WORKER_CRASHED" });
  expect(await failureOf({ kind: "exit", code: 3 })).toMatchObject({
    code: "WORKER_EXITED",
    message: "the worker ended without a result, code 3",
    details: { exitCode: 3 },
  });
  const missing = { create: () => new Worker(new URL("./programs/none.ts", import.meta.url)) };
  expect(await failureOf({ kind: "fail" }, missing)).toMatchObject({ code: "WORKER_CRASHED" });
  const empty = { create: () => new Worker("", { eval: true }) };
  expect(await failureOf({ kind: "fail" }, empty)).toMatchObject({
    code: "WORKER_EXITED",
    details: { exitCode: 0 },
  });
  const small = {
    create: () => new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: 16 } }),
  };
  expect(await failureOf({ kind: "eat-memory" }, small)).toMatchObject({
    code: "WORKER_OUT_OF_MEMORY",
    cause: { code: "ERR_WORKER_OUT_OF_MEMORY" },
  });
});

test("a supervisor starts a crashed worker again, and stops the one that runs", async () => {
  let runs = 0;
  const up = Promise.withResolvers<void>();
  const supervisor = new Supervisor({
    children: [
      {
        id: "hash",
        start: ({ token, run }) => {
          runs = run;
          const input: Order = run === 1 ? { kind: "crash" } : { kind: "compute-until-cancelled" };
          return runWorker<Jobs>(orders(input, { onProgress: () => up.resolve() }), token);
        },
      },
    ],
  });
  await supervisor.start();
  await up.promise;
  expect(await supervisor.stop()).toMatchObject({ kind: "stopped", left: [] });
  expect(runs).toBe(2);
});

test("ten jobs at once, of every end, leave no thread, no port, no timer and no listener", async () => {
  const kinds = [
    "fail",
    "crash",
    "late-message",
    "compute-until-cancelled",
    "await-until-cancelled",
  ] as const;
  const jobs = await Promise.all(
    Array.from({ length: 2 }, () => kinds.map((kind) => begun({ kind }, patient))).flat(),
  );
  for (const { tasks } of jobs) tasks.token.cancel(reason);
  const reports = await Promise.all(jobs.map(({ tasks }) => tasks.joinAll(10_000)));
  expect(reports.flatMap(({ laggards }) => laggards)).toEqual([]);
  expect(new Set(await Promise.all(jobs.map(async ({ task }) => (await task.done).kind)))).toEqual(
    new Set(["failed", "completed", "cancelled"]),
  );
  await nothingIsLeft();
});
