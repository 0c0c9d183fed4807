// A worker's module, in Node: its input says how it behaves.
import { parentPort } from "node:worker_threads";
import { HoldfastError } from "../../src/index.ts";
import { serveWorker, type WorkerContext, type WorkerJob } from "../../src/worker/index.ts";

export type Order =
  | { readonly kind: "sum"; readonly numbers: Float64Array; readonly steps: number }
  | { readonly kind: "compute-until-cancelled" | "sleep-until-cancelled" | "await-until-cancelled" }
  | { readonly kind: "compute-deaf" | "hang-deaf" | "fail" | "throw-text" | "fail-unclonable" }
  | { readonly kind: "return-unclonable" | "crash" | "reject-unseen" | "eat-memory" | "late-message" }
  | { readonly kind: "exit"; readonly code: number };

/** `seen` is the reason as the worker saw it. */
export type Jobs = WorkerJob<Order, { readonly sum?: number; readonly seen?: unknown }, string | number>;

serveWorker<Jobs>(parentPort, async (ctx) => await obey(ctx));

async function obey(ctx: WorkerContext<Jobs>): Promise<Jobs["result"]> {
  const { input } = ctx;
  switch (input.kind) {
    case "sum": {
      for (let step = 1; step <= input.steps; step++) ctx.progress(step / input.steps);
      return { sum: input.numbers.reduce((a, b) => a + b, 0) };
    }
    case "compute-until-cancelled":
      ctx.progress("computing");
      while (!ctx.isCancelled);
      ctx.progress(JSON.stringify(ctx.token.reason));
      return ctx.throwIfCancelled() ?? {};
    case "sleep-until-cancelled": {
      const first = ctx.sleepSync(1);
      ctx.progress("sleeping");
      return { seen: [first, ctx.sleepSync(Number.POSITIVE_INFINITY), ctx.token.reason] };
    }
    case "await-until-cancelled":
      ctx.progress("waiting");
      return { seen: await ctx.token.cancelled };
    case "compute-deaf":
      ctx.progress("computing");
      for (;;);
    case "hang-deaf":
      ctx.progress("hanging");
      return await new Promise(() => {});
    case "fail": {
      const disk = Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
      const cause = new TypeError("no page", { cause: disk });
      throw new HoldfastError("HASH_FAILED", "no hash", { details: { path: "/a" }, cause });
    }
    case "throw-text":
      throw JSON.parse('"only a text"');
    case "fail-unclonable":
      throw new HoldfastError("ODD", "odd details", { details: { call: () => 1 } });
    case "return-unclonable":
      return { seen: () => 1 };
    case "crash":
      setTimeout(() => {
        throw new RangeError("nobody catches this");
      });
      return await new Promise(() => {});
    case "reject-unseen":
      void Promise.reject(new RangeError("nobody sees this"));
      return await new Promise(() => {});
    case "eat-memory": {
      const eaten: unknown[] = [];
      for (;;) eaten.push(new Array(10_000).fill(eaten.length));
    }
    case "late-message":
      setTimeout(() => ctx.progress("too late"));
      return {};
    case "exit":
      return process.exit(input.code);
  }
}
