// The worker entry over a Web Worker's events, with a thread that is played by this one.
import { afterEach, expect, test, vi } from "vitest";
import { ShutdownToken } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import {
  runWorker,
  serveWorker,
  type WorkerContext,
  type WorkerJob,
  type WorkerLike,
  type WorkerPort,
} from "../src/worker/index.ts";

type Double = WorkerJob<number, number, string>;

const reason = { kind: "user-requested", signal: "SIGTERM" } as const;

afterEach(() => void vi.unstubAllGlobals());

/** One end of a pair, with the events of the web; what it is sent arrives as a copy, in a later microtask. */
class WebEnd extends EventTarget implements WorkerPort {
  peer: WebEnd | undefined;

  postMessage(message: unknown): void {
    const data: unknown = structuredClone(message);
    queueMicrotask(() => this.peer?.dispatchEvent(Object.assign(new Event("message"), { data })));
  }
}

class FakeWebWorker extends WebEnd implements WorkerLike {
  terminated = 0;

  constructor(job: (ctx: WorkerContext<Double>) => number | Promise<number>) {
    super();
    const self = new WebEnd();
    [this.peer, self.peer] = [self, this];
    queueMicrotask(() => serveWorker<Double>(self, job));
  }

  terminate(): void {
    this.terminated++;
    this.peer = undefined;
  }
}

function setUp(job: (ctx: WorkerContext<Double>) => number | Promise<number>) {
  const clock = new VirtualClock();
  const worker = new FakeWebWorker(job);
  const token = new ShutdownToken();
  const onProgress = vi.fn();
  const running = runWorker<Double>({ create: () => worker, input: 21, onProgress, clock }, token);
  running.catch(() => {});
  return { clock, worker, token, onProgress, running };
}

test("a job runs over the events of the web, and its thread is ended once", async () => {
  const { worker, onProgress, running, clock } = setUp(({ input, progress }) => {
    progress("half");
    return input * 2;
  });
  expect(await running).toBe(42);
  expect(onProgress.mock.calls).toEqual([["half"]]);
  expect([worker.terminated, clock.pending]).toEqual([1, 0]);
});

test("a module that serves where there is no parent is told so", () => {
  expect(() => serveWorker<Double>(null, () => 1)).toThrow(TypeError);
});

test("an error event of the web is a crash, is dealt with, and carries its text if nothing else", async () => {
  const { worker, running } = setUp(() => new Promise(() => {}));
  const event = Object.assign(new Event("error", { cancelable: true }), { message: "Uncaught x" });
  worker.dispatchEvent(event);
  await expect(running).rejects.toMatchObject({ code: "WORKER_CRASHED", cause: { message: "Uncaught x" } });
  expect([event.defaultPrevented, worker.terminated]).toEqual([true, 1]);
});

test("a message that cannot be read, and a close, end the job", async () => {
  const first = setUp(() => new Promise(() => {}));
  first.worker.dispatchEvent(new Event("messageerror"));
  await expect(first.running).rejects.toMatchObject({ code: "WORKER_CRASHED" });
  const second = setUp(() => new Promise(() => {}));
  second.worker.dispatchEvent(new Event("close"));
  await expect(second.running).rejects.toMatchObject({ code: "WORKER_EXITED", details: {} });
});

test("the grace is counted from the cancellation, to the millisecond, and its timer goes with the job", async () => {
  const deaf = setUp(() => new Promise(() => {}));
  await deaf.clock.advance(5_000);
  deaf.token.cancel(reason);
  await deaf.clock.advance(999);
  expect(deaf.worker.terminated).toBe(0);
  await deaf.clock.advance(1);
  await expect(deaf.running).rejects.toMatchObject({
    code: "WORKER_KILLED",
    details: { graceMs: 1_000, reason },
  });
  expect(deaf.worker.terminated).toBe(1);

  const obedient = setUp(async ({ token }) => {
    await token.cancelled;
    return 7;
  });
  await obedient.clock.advance(0);
  obedient.token.cancel(reason);
  expect(await obedient.running).toBe(7);
  expect([deaf.clock.pending, obedient.clock.pending]).toEqual([0, 0]);
});

test("without shared memory a cancellation comes by message, and sleepSync says that it cannot", async () => {
  vi.stubGlobal("SharedArrayBuffer", undefined);
  const seen: unknown[] = [];
  const { clock, token, running } = setUp(async (ctx) => {
    expect(() => ctx.sleepSync(1)).toThrow("SharedArrayBuffer");
    seen.push(ctx.isCancelled);
    ctx.throwIfCancelled();
    seen.push(await ctx.token.cancelled, ctx.isCancelled);
    ctx.throwIfCancelled();
    return 1;
  });
  await clock.advance(0);
  token.cancel(reason);
  await expect(running).rejects.toMatchObject({ name: "AbortError", code: "CANCELLED", details: reason });
  expect(seen).toEqual([false, reason, true]);
});

test("with shared memory the reason is there before any message, and the token follows the look", async () => {
  const seen: unknown[] = [];
  const { clock, token, running } = setUp((ctx) => {
    seen.push(ctx.isCancelled);
    // This thread plays both sides: the owner cancels while the job is on the stack.
    token.cancel(reason);
    seen.push(ctx.token.isCancelled, ctx.isCancelled, ctx.token.reason, ctx.sleepSync(60_000));
    ctx.throwIfCancelled();
    return 1;
  });
  await clock.advance(0);
  await expect(running).rejects.toMatchObject({ code: "CANCELLED", details: reason });
  expect(seen).toEqual([false, false, true, reason, "cancelled"]);
});

test("a listener of progress that throws harms nobody but itself", async () => {
  const { running, onProgress } = setUp((ctx) => {
    ctx.progress("first");
    ctx.progress("second");
    return 3;
  });
  const surfaced = vi.spyOn(globalThis, "queueMicrotask");
  onProgress.mockImplementationOnce(() => {
    surfaced.mockImplementationOnce(() => {});
    throw new Error("a listener's bug");
  });
  expect(await running).toBe(3);
  surfaced.mockRestore();
  expect(onProgress.mock.calls).toEqual([["first"], ["second"]]);
});

test("a factory that throws fails the job and nothing else", async () => {
  const create = (): WorkerLike => {
    throw new Error("no threads left");
  };
  await expect(runWorker<Double>({ create, input: 1 }, new ShutdownToken())).rejects.toThrow(
    "no threads left",
  );
});
