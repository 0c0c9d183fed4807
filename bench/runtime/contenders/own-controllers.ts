import type { Contender } from "../contender.ts";
import { later } from "../later.ts";
import { signalCrowd } from "../signal-crowd.ts";

/** A controller for each, kept in a set. */
export const contender: Contender = {
  async oneByOne(count, body) {
    const live = new Set<AbortController>();
    const run = async (_signal: AbortSignal, i: number) => (body === "bare" ? i : await later(i));
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const controller = new AbortController();
      live.add(controller);
      sum += await run(controller.signal, i).finally(() => live.delete(controller));
    }
    return sum;
  },
  crowd(body) {
    const live = new Map<AbortSignal, AbortController>();
    const own = () => {
      const controller = new AbortController();
      live.set(controller.signal, controller);
      return controller.signal;
    };
    const abort = () => {
      for (const controller of live.values()) controller.abort();
    };
    return signalCrowd(body, own, abort, (signal) => live.delete(signal));
  },
};
