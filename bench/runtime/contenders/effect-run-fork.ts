import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type { Contender } from "../contender.ts";
import { asyncBody, interrupted, listen } from "../effect-bodies.ts";
import { later } from "../later.ts";

/** Fibers that nobody owns: the caller keeps the list itself. */
export const contender: Contender = {
  async oneByOne(count, body) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const run = body === "bare" ? Effect.sync(() => i) : Effect.promise(() => later(i));
      sum += await Effect.runPromise(run);
    }
    return sum;
  },
  crowd(body) {
    const fibers: Fiber.Fiber<unknown>[] = [];
    const waiting = body === "bare" ? Effect.never : asyncBody;
    return {
      spawn(count) {
        for (let i = 0; i < count; i++) fibers.push(Effect.runFork(waiting));
      },
      async listenAndLeave(count) {
        let left = 0;
        for (let i = 0; i < count; i++) {
          await Effect.runPromise(listen);
          left++;
        }
        return left;
      },
      async cancelAll() {
        await Effect.runPromise(Fiber.interruptAll(fibers));
        return interrupted(fibers);
      },
    };
  },
};
