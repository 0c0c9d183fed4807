// The worker entry over real Web Workers, where there are some.
import { expect, test } from "vitest";
import { ShutdownToken, systemClock, TaskRegistry } from "../src/index.ts";
import { runWorker, type WorkerLike } from "../src/worker/index.ts";
import type { WebJob } from "./programs/web-worker-jobs.ts";

declare const Worker: undefined | (new (url: URL, options: { readonly type: "module" }) => WorkerLike);

const isWeb = typeof Worker === "function";
const needs = isWeb ? "" : " (skipped: needs Web Workers)";
const maintenance = { kind: "maintenance" } as const;
const reason = { kind: "rpc-requested", by: "alice" } as const;

function create(): WorkerLike {
  if (typeof Worker !== "function") throw new Error("no Web Workers here");
  return new Worker(new URL("./programs/web-worker-jobs.ts", import.meta.url), { type: "module" });
}

async function begun(input: WebJob["input"], graceMs: number) {
  const first = Promise.withResolvers<void>();
  const task = new TaskRegistry().spawn(input, maintenance, (token) =>
    runWorker<WebJob>({ create, input, graceMs, onProgress: () => first.resolve() }, token),
  );
  await first.promise;
  return task;
}

test.skipIf(!isWeb)(
  "a job runs in a Web Worker, and what it throws or crashes with comes across",
  async () => {
    const run = (input: WebJob["input"]) => runWorker<WebJob>({ create, input }, new ShutdownToken());
    expect(await run("echo")).toEqual({ isolated: true });
    await expect(run("fail")).rejects.toMatchObject({ code: "NO_FUNDS", cause: { name: "TypeError" } });
    await expect(run("crash")).rejects.toMatchObject({
      code: "WORKER_CRASHED",
      cause: { message: expect.stringContaining("nobody catches this") },
    });
  },
);

test.skipIf(!isWeb)(
  "L-04 a computing Web Worker ends within 50 ms of its token, with the reason",
  async () => {
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      const task = await begun("compute", 60_000);
      const at = systemClock.monotonic();
      task.abort(reason);
      expect(await task.done).toEqual({ kind: "cancelled", reason });
      took.push(systemClock.monotonic() - at);
    }
    expect(Math.min(...took)).toBeLessThan(50);
  },
);

test.skipIf(!isWeb)(
  `L-04 a Web Worker that ignores its token is killed after its grace${needs}`,
  async () => {
    const task = await begun("compute-deaf", 30);
    task.abort(reason);
    expect(await task.done).toMatchObject({ kind: "failed", error: { code: "WORKER_KILLED" } });
  },
);
