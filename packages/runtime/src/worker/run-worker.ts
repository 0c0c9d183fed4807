import { type Clock, systemClock } from "../clock.ts";
import { describeError, surface } from "../errors.ts";
import { CancelledError, type ShutdownReason, type ShutdownToken } from "../shutdown.ts";
import { watch } from "../watch.ts";
import { cancelCell, encodeReason, makeCell } from "./cancel-cell.ts";
import { reviveError } from "./revive-error.ts";
import { WorkerError } from "./worker-error.ts";
import type { FromWorker, ToWorker, WorkerJob } from "./worker-job.ts";
import { listen, type WorkerLike } from "./worker-like.ts";

/** A job and the thread it runs in. */
export interface WorkerOptions<J extends WorkerJob> {
  /** Makes the thread: `() => new Worker(new URL("./hash.ts", import.meta.url), { type: "module" })`. */
  create(): WorkerLike;
  readonly input: J["input"];
  /** What of the input is moved instead of copied. */
  readonly transfer?: readonly object[];
  readonly onProgress?: (progress: J["progress"]) => void;
  /** From the cancellation until the thread is killed. Default 1,000. */
  readonly graceMs?: number;
  readonly clock?: Clock;
}

/**
 * Runs one job in a thread of its own, whose module calls `serveWorker`. Fits a task:
 * `tasks.spawn("hash", { kind: "maintenance" }, (token) => runWorker<Hash>(options, token))`.
 *
 * 1. Resolves with the job's result, or rejects with what it threw: same name, message, code, details and causes.
 *    A thread that crashes, exits or runs out of memory is a `WorkerError`.
 * 2. Once `token` is cancelled the worker sees it, with the reason, even in the middle of a computation. One that
 *    has not ended `graceMs` later is killed: `WORKER_KILLED`. Without shared memory (a browser whose page is not
 *    cross-origin isolated) only a message tells it, which a computation does not hear: there it ends by being killed.
 * 3. The thread is gone when the promise settles.
 *
 * A Web Worker that calls `self.close()`, or whose module never calls `serveWorker`, cannot be noticed: it ends with
 * its token. Node tells of both.
 */
export async function runWorker<J extends WorkerJob>(
  options: WorkerOptions<J>,
  token: ShutdownToken,
): Promise<J["result"]> {
  token.throwIfCancelled();
  const { graceMs = 1_000, clock = systemClock } = options;
  const worker = options.create();
  const talk = new Conversation(worker, options, token);
  const off = token.onCancel((reason) => talk.cancel(reason));
  try {
    const end = await watch(clock, talk.result, token, {
      limitMs: Number.POSITIVE_INFINITY,
      budgetMs: () => (talk.state === "starting" ? 0 : graceMs),
    });
    if (end.kind !== "out-of-budget") return await talk.result;
    const { reason = { kind: "requested-by-run" } } = token;
    if (talk.state === "starting") throw new CancelledError(reason);
    throw new WorkerError("WORKER_KILLED", `the worker did not end within ${graceMs} ms; it was killed`, {
      details: { graceMs, reason },
    });
  } finally {
    off();
    await worker.terminate();
  }
}

/** What the owner of a thread says to it and hears from it. */
class Conversation<J extends WorkerJob> {
  readonly result: Promise<J["result"]>;
  state: "starting" | "running" = "starting";
  readonly #worker: WorkerLike;
  readonly #options: WorkerOptions<J>;
  readonly #token: ShutdownToken;
  readonly #cell: SharedArrayBuffer | undefined = makeCell();
  readonly #end = Promise.withResolvers<J["result"]>();

  constructor(worker: WorkerLike, options: WorkerOptions<J>, token: ShutdownToken) {
    this.#worker = worker;
    this.#options = options;
    this.#token = token;
    this.result = this.#end.promise;
    // Never taken off: a thread's last words come after its end, and are nobody's uncaught error.
    listen(worker, "message", (message) => this.#hear(message as FromWorker));
    listen(worker, "messageerror", (error) => this.#end.reject(crashed(error)));
    listen(worker, "error", (error) => this.#end.reject(crashed(error)));
    listen(worker, "exit", (exitCode) => this.#end.reject(exited(exitCode)));
    listen(worker, "close", (exitCode) => this.#end.reject(exited(exitCode)));
  }

  cancel(reason: ShutdownReason): void {
    const text = encodeReason(reason);
    if (this.#cell) cancelCell(this.#cell, text);
    this.#say({ type: "cancel", reason: text });
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#start();
        break;
      case "progress":
        this.#progress(message.value);
        break;
      case "completed":
        this.#end.resolve(message.value);
        break;
      case "failed":
        this.#end.reject(reviveError(message.error, message.stack));
        break;
    }
  }

  #start(): void {
    if (this.#token.isCancelled) return;
    this.state = "running";
    const { input, transfer } = this.#options;
    try {
      this.#say({ type: "start", input, ...(this.#cell && { cell: this.#cell }) }, transfer);
    } catch (error) {
      this.#end.reject(error);
    }
  }

  #progress(value: unknown): void {
    try {
      this.#options.onProgress?.(value);
    } catch (error) {
      surface(error);
    }
  }

  #say(message: ToWorker, transfer: readonly object[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

function crashed(cause: unknown): WorkerError {
  const outOfMemory = cause instanceof Error && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY";
  return outOfMemory
    ? new WorkerError("WORKER_OUT_OF_MEMORY", "the worker ran out of memory", { cause })
    : new WorkerError("WORKER_CRASHED", `the worker crashed: ${describeError(cause)}`, { cause });
}

function exited(code: unknown): WorkerError {
  const exitCode = typeof code === "number" ? { exitCode: code } : {};
  const message = `the worker ended without a result${typeof code === "number" ? `, code ${code}` : ""}`;
  return new WorkerError("WORKER_EXITED", message, { details: exitCode });
}
