export { runWorker, type WorkerOptions } from "./run-worker.ts";
export { serveWorker, type WorkerContext } from "./serve-worker.ts";
export { WorkerError, type WorkerErrorCode, type WorkerErrorDetails } from "./worker-error.ts";
export type { WorkerJob } from "./worker-job.ts";
export type { WorkerLike, WorkerPort } from "./worker-like.ts";
