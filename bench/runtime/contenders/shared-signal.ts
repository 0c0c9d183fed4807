import type { Contender } from "../contender.ts";
import { signalCrowd } from "../signal-crowd.ts";

/** One signal that all listen on: `addEventListener` looks through all the others first. */
export const contender: Contender = {
  most: 20_000,
  crowd(body) {
    const controller = new AbortController();
    return signalCrowd(
      body,
      () => controller.signal,
      () => controller.abort(),
    );
  },
};
