import type { Contender } from "../contender.ts";
import { later } from "../later.ts";

/** The floor: nobody owns these, and each has to be ended by hand. */
export const contender: Contender = {
  async oneByOne(count, body) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const run = body === "bare" ? async () => i : () => later(i);
      sum += await run();
    }
    return sum;
  },
  crowd(body) {
    const ends: (() => void)[] = [];
    const all: Promise<void>[] = [];
    let ended = 0;
    const work = async (cancelled: Promise<void>) => {
      await cancelled;
      ended++;
    };
    return {
      spawn(count) {
        for (let i = 0; i < count; i++) {
          const cancelled = new Promise<void>((resolve) => ends.push(resolve));
          all.push(body === "bare" ? cancelled : work(cancelled));
        }
      },
      async listenAndLeave(count) {
        let left = 0;
        for (let i = 0; i < count; i++) {
          await (async () => void new Promise<void>(() => {}))();
          left++;
        }
        return left;
      },
      async cancelAll() {
        for (const end of ends) end();
        await Promise.all(all);
        return body === "bare" ? all.length : ended;
      },
    };
  },
};
