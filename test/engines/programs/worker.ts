// A thread of the engine's own: it answers, is cancelled in the middle of a computation, or is killed.
import { describeError, TaskRegistry } from "@holdfast/runtime";
import { runWorker, type WorkerLike } from "@holdfast/runtime/worker";
import type { Count } from "./worker-job.ts";

const worker = new URL("./worker-job.ts", import.meta.url);
/** The web's, which all engines but Node have. */
interface WebWorker {
  new (url: URL, options: { readonly type: "module" }): WorkerLike;
}
const Thread = (globalThis as { Worker?: WebWorker }).Worker ?? (await import("node:worker_threads")).Worker;

const tasks = new TaskRegistry();
async function run(name: string, input: Count["input"]): Promise<void> {
  const create = () => new Thread(worker, { type: "module" });
  const graceMs = name === "deaf" ? 50 : 10_000;
  const onProgress = () => void (name !== "short" && task.abort({ kind: "user-requested" }));
  const task = tasks.spawn(name, { kind: "maintenance" }, (token) =>
    runWorker<Count>({ create, input, graceMs, onProgress }, token),
  );
  const end = await task.done;
  const more =
    end.kind === "completed" ? end.value : end.kind === "failed" ? describeError(end.error) : end.reason.kind;
  console.log(`${name} ${end.kind}: ${more}`);
}

await run("short", { to: 100 });
await run("long", { to: Number.POSITIVE_INFINITY });
await run("deaf", { to: 0 });
await run("broken", { to: -1 });
console.log(`tasks left: ${tasks.size}`);

/* prints
short completed: the sum is 5050
long cancelled: user-requested
deaf failed: the worker did not end within 50 ms; it was killed
broken failed: -1 is below 0
tasks left: 0
*/
