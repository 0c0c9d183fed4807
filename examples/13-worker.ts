// Work in a thread of its own: it is cancelled in the middle of a computation, or killed if it does not listen.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { describeError, TaskRegistry } from "@holdfast/runtime";
import { runWorker, serveWorker, type WorkerContext, type WorkerJob } from "@holdfast/runtime/worker";

/** What goes in, what comes out, and what is told on the way. */
type Count = WorkerJob<{ readonly to: number; readonly deaf?: boolean }, string, string>;

// Both sides are in this file; mostly they are in two, and the type in a third.
if (isMainThread) await main();
else serveWorker(parentPort, count);

function count(ctx: WorkerContext<Count>): string {
  ctx.progress("counts");
  let sum = 0;
  for (let n = 1; n <= ctx.input.to; n++) {
    sum += n;
    if (!ctx.input.deaf) ctx.throwIfCancelled(); // seen at once, though nothing is awaited here
  }
  return `the sum is ${sum}`;
}

async function main(): Promise<void> {
  const tasks = new TaskRegistry();
  const start = (name: string, input: Count["input"]) => {
    const create = () => new Worker(new URL(import.meta.url));
    const onProgress = () => {
      if (name !== "short") task.abort({ kind: "user-requested" });
    };
    const task = tasks.spawn(name, { kind: "maintenance" }, (token) =>
      runWorker<Count>({ create, input, graceMs: 50, onProgress }, token),
    );
    return task.done;
  };

  console.log(await start("short", { to: 100 }));
  console.log(await start("long", { to: Number.POSITIVE_INFINITY }));
  const deaf = await start("deaf", { to: Number.POSITIVE_INFINITY, deaf: true });
  if (deaf.kind === "failed") console.log(describeError(deaf.error));
  console.log(`tasks left: ${tasks.size}`);
}

/* prints
{ kind: 'completed', value: 'the sum is 5050' }
{ kind: 'cancelled', reason: { kind: 'user-requested' } }
the worker did not end within 50 ms; it was killed
tasks left: 0
*/
