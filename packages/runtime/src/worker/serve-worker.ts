import type { SleepEnd } from "../clock.ts";
import { type SerializedError, serializeError } from "../errors.ts";
import { CancelledError, ShutdownToken } from "../shutdown.ts";
import { decodeReason, readCell, sleepOnCell } from "./cancel-cell.ts";
import type { FromWorker, ToWorker, WorkerJob } from "./worker-job.ts";
import { listen, type WorkerPort } from "./worker-like.ts";

/** What the code in a worker is given. */
export interface WorkerContext<J extends WorkerJob> {
  readonly input: J["input"];
  /** For code that awaits: cancelled by a message, and as soon as one of the looks below sees it. */
  readonly token: ShutdownToken;
  /** For code that computes: reads shared memory, so it is true at once, though no message has been heard. */
  readonly isCancelled: boolean;
  /** The same, throwing a `CancelledError` with the reason. */
  throwIfCancelled(): void;
  /** Blocks the thread for `ms`, less if it is cancelled. Throws `TypeError` where there is no shared memory. */
  sleepSync(ms: number): SleepEnd;
  /** Tells the owner how far it is. What is in `transfer` is moved instead of copied. */
  progress(value: J["progress"], transfer?: readonly object[]): void;
}

/**
 * Makes the module that calls it a worker for `runWorker`, which runs `job` once. `port` is the parent: `self` in a Web
 * Worker, Bun or Deno, `parentPort` of `node:worker_threads` in Node. Throws `TypeError` if there is none.
 */
export function serveWorker<J extends WorkerJob>(
  port: WorkerPort | null,
  job: (ctx: WorkerContext<J>) => J["result"] | Promise<J["result"]>,
): void {
  if (!port) throw new TypeError("this module runs in a worker: here is no parent to talk to");
  const token = new ShutdownToken();
  const say = (message: FromWorker, transfer: readonly object[] = []) => port.postMessage(message, transfer);
  const serve = async (input: J["input"], cell?: SharedArrayBuffer): Promise<void> => {
    try {
      say({ type: "completed", value: await job(contextOf<J>(input, token, say, cell)) });
    } catch (error) {
      sayFailed(say, error);
    }
  };
  listen(port, "message", (message) => {
    const told = message as ToWorker;
    if (told.type === "start") void serve(told.input, told.cell);
    else token.cancel(decodeReason(told.reason));
  });
  say({ type: "ready" });
}

function contextOf<J extends WorkerJob>(
  input: J["input"],
  token: ShutdownToken,
  say: (message: FromWorker, transfer?: readonly object[]) => void,
  cell: SharedArrayBuffer | undefined,
): WorkerContext<J> {
  const look = () => {
    const reason = token.reason ?? (cell && readCell(cell));
    if (reason) token.cancel(reason);
    return reason;
  };
  return {
    input,
    token,
    get isCancelled() {
      return look() !== undefined;
    },
    throwIfCancelled() {
      const reason = look();
      if (reason) throw new CancelledError(reason);
    },
    sleepSync(ms) {
      if (!cell) throw new TypeError("sleepSync needs SharedArrayBuffer: cross-origin isolate the page");
      if (!look()) sleepOnCell(cell, ms);
      return look() ? "cancelled" : "elapsed";
    },
    progress: (value, transfer) => say({ type: "progress", value }, transfer),
  };
}

function sayFailed(say: (message: FromWorker) => void, thrown: unknown): void {
  const error = serializeError(thrown);
  const stack = thrown instanceof Error && thrown.stack !== undefined ? { stack: thrown.stack } : {};
  try {
    say({ type: "failed", error, ...stack });
  } catch {
    say({ type: "failed", error: withoutDetails(error), ...stack });
  }
}

/** Details may be anything, also what no other thread can be given. */
function withoutDetails({ details: _details, cause, errors, ...rest }: SerializedError): SerializedError {
  return {
    ...rest,
    ...(cause && { cause: withoutDetails(cause) }),
    ...(errors && { errors: errors.map(withoutDetails) }),
  };
}
