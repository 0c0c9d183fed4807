import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import * as Scope from "effect/Scope";
import type { Contender } from "../contender.ts";
import { asyncBody, interrupted, listen } from "../effect-bodies.ts";
import { later } from "../later.ts";

/** Fibers that a scope owns and interrupts. */
export const contender: Contender = {
  // A fiber of its own for each, joined by its parent.
  oneByOne: (count, body) =>
    Effect.runPromise(
      Effect.gen(function* () {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          const fiber = yield* Effect.forkChild(
            body === "bare" ? Effect.sync(() => i) : Effect.promise(() => later(i)),
            { startImmediately: true },
          );
          sum += yield* Fiber.join(fiber);
        }
        return sum;
      }),
    ),
  crowd(body) {
    const scope = Scope.makeUnsafe();
    const fibers: Fiber.Fiber<unknown>[] = [];
    const waiting = body === "bare" ? Effect.never : asyncBody;
    return {
      spawn: (count) =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let i = 0; i < count; i++) {
              fibers.push(yield* Effect.forkIn(waiting, scope, { startImmediately: true }));
            }
          }),
        ),
      listenAndLeave: (count) =>
        Effect.runPromise(
          Effect.gen(function* () {
            let left = 0;
            for (let i = 0; i < count; i++) {
              yield* Fiber.join(yield* Effect.forkIn(listen, scope, { startImmediately: true }));
              left++;
            }
            return left;
          }),
        ),
      async cancelAll() {
        await Effect.runPromise(Scope.close(scope, Exit.void));
        return interrupted(fibers);
      },
    };
  },
};
