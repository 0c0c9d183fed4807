import type { SerializedError } from "../errors.ts";

/**
 * What goes into a worker and what comes out: name it once, in a type that both sides import. All three are
 * copied from thread to thread (structured clone).
 */
export interface WorkerJob<Input = unknown, Result = unknown, Progress = unknown> {
  readonly input: Input;
  readonly result: Result;
  readonly progress: Progress;
}

/** From the owner to the worker. `cell` is absent where there is no shared memory. */
export type ToWorker =
  | { readonly type: "start"; readonly input: unknown; readonly cell?: SharedArrayBuffer }
  | { readonly type: "cancel"; readonly reason: string };

/** From the worker to its owner; `ready` once, first, then any `progress`, then `completed` or `failed`. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly value: unknown }
  | { readonly type: "completed"; readonly value: unknown }
  | { readonly type: "failed"; readonly error: SerializedError; readonly stack?: string };
