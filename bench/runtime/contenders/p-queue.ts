import PQueue from "p-queue";
import type { Contender } from "../contender.ts";
import { later } from "../later.ts";

export const contender: Contender = {
  async oneByOne(count, body) {
    const queue = new PQueue({ concurrency: Number.POSITIVE_INFINITY });
    let sum = 0;
    for (let i = 0; i < count; i++)
      sum += await queue.add(async () => (body === "bare" ? i : await later(i)));
    return sum;
  },
  crowd(body) {
    const queue = new PQueue({ concurrency: Number.POSITIVE_INFINITY });
    // One signal for all would take quadratic time.
    const controllers: AbortController[] = [];
    const all: Promise<unknown>[] = [];
    let ended = 0;
    return {
      spawn(count) {
        for (let i = 0; i < count; i++) {
          const controller = new AbortController();
          const { signal } = controller;
          const cancelled = () =>
            new Promise<void>((resolve) => {
              signal.addEventListener("abort", () => resolve());
            });
          const work = async () => {
            await cancelled();
            ended++;
          };
          controllers.push(controller);
          all.push(queue.add(body === "bare" ? cancelled : work, { signal }).catch(() => {}));
        }
      },
      async listenAndLeave(count) {
        let left = 0;
        for (let i = 0; i < count; i++) {
          const { signal } = new AbortController();
          await queue.add(
            async () => {
              signal.addEventListener("abort", () => {});
              left++;
            },
            { signal },
          );
        }
        return left;
      },
      async cancelAll() {
        for (const controller of controllers) controller.abort();
        await Promise.all(all);
        await queue.onIdle();
        return body === "bare" ? all.length - queue.pending - queue.size : ended;
      },
    };
  },
};
