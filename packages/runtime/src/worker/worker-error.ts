import { HoldfastError } from "../errors.ts";
import type { ShutdownReason } from "../shutdown.ts";

/**
 * `WORKER_CRASHED`: an error that nothing in the worker caught, or a module that does not load, is the cause.
 * `WORKER_OUT_OF_MEMORY`: it used up its `resourceLimits`. `WORKER_EXITED`: it ended without a result.
 * `WORKER_KILLED`: it did not end within its grace once it was cancelled.
 */
export type WorkerErrorCode = "WORKER_CRASHED" | "WORKER_OUT_OF_MEMORY" | "WORKER_EXITED" | "WORKER_KILLED";

/** `exitCode` is there for `WORKER_EXITED`, `graceMs` and `reason` for `WORKER_KILLED`. */
export interface WorkerErrorDetails {
  readonly exitCode?: number;
  readonly graceMs?: number;
  readonly reason?: ShutdownReason;
}

/** The thread itself failed. What the code in it throws is thrown as it is. */
export class WorkerError extends HoldfastError<WorkerErrorCode, WorkerErrorDetails> {}
