// A worker's module, in a browser.
import { HoldfastError } from "../../src/index.ts";
import { serveWorker, type WorkerJob, type WorkerPort } from "../../src/worker/index.ts";

export type WebJob = WorkerJob<
  "echo" | "compute" | "compute-deaf" | "fail" | "crash",
  { readonly isolated: boolean },
  string
>;

const self = globalThis as unknown as WorkerPort & { readonly crossOriginIsolated: boolean };

serveWorker<WebJob>(self, async (ctx) => {
  ctx.progress(ctx.input);
  switch (ctx.input) {
    case "echo":
      return { isolated: self.crossOriginIsolated };
    case "compute":
      for (;;) ctx.throwIfCancelled();
    case "compute-deaf":
      for (;;);
    case "fail":
      throw new HoldfastError("NO_FUNDS", "0 sat", { cause: new TypeError("empty") });
    case "crash":
      setTimeout(() => {
        throw new RangeError("nobody catches this");
      });
      return await new Promise(() => {});
  }
});
