// The other side of `worker.ts`.
import { serveWorker, type WorkerJob, type WorkerPort } from "@holdfast/runtime/worker";

export type Count = WorkerJob<{ readonly to: number }, string, string>;

const { self } = globalThis as { self?: WorkerPort };
const port = self?.postMessage ? self : (await import("node:worker_threads")).parentPort;

serveWorker<Count>(port, async (ctx) => {
  if (ctx.input.to < 0) throw new RangeError(`${ctx.input.to} is below 0`);
  ctx.progress("counts");
  if (ctx.input.to === 0) await new Promise(() => {});
  let sum = 0;
  for (let n = 1; n <= ctx.input.to; n++) {
    sum += n;
    ctx.throwIfCancelled();
  }
  return `the sum is ${sum}`;
});
