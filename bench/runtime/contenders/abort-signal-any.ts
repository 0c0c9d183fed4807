import type { Contender } from "../contender.ts";
import { later } from "../later.ts";
import { signalCrowd } from "../signal-crowd.ts";

const owner = new AbortController();

/** A signal for each that depends on the owner's and on a controller of its own. */
export const contender: Contender = {
  async oneByOne(count, body) {
    const run = async (_signal: AbortSignal, i: number) => (body === "bare" ? i : await later(i));
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += await run(AbortSignal.any([owner.signal, new AbortController().signal]), i);
    }
    return sum;
  },
  crowd(body) {
    const all = new AbortController();
    const own = () => AbortSignal.any([all.signal, new AbortController().signal]);
    return signalCrowd(body, own, () => all.abort());
  },
};
