import { call, createScope, run, type Scope, spawn, suspend, type Task, until } from "effection";
import type { Contender } from "../contender.ts";
import { later } from "../later.ts";

export const contender: Contender = {
  oneByOne: (count, body) =>
    run(function* () {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const task = yield* spawn(() => (body === "bare" ? call(() => i) : until(later(i))));
        sum += yield* task;
      }
      return sum;
    }),
  crowd(body) {
    const [scope, destroy]: readonly [Scope, () => PromiseLike<unknown>] = createScope();
    const tasks: Task<void>[] = [];
    let ended = 0;
    const forever = new Promise<void>(() => {});
    return {
      async spawn(count) {
        for (let i = 0; i < count; i++) {
          tasks.push(
            scope.run(function* () {
              try {
                yield* body === "bare" ? suspend() : until(forever);
              } finally {
                ended++;
              }
            }),
          );
        }
        await Promise.resolve();
      },
      async listenAndLeave(count) {
        let left = 0;
        for (let i = 0; i < count; i++) {
          await scope.run(function* () {
            try {
              yield* until(Promise.resolve());
            } finally {
              left++;
            }
          });
        }
        return left;
      },
      async cancelAll() {
        for (const task of tasks) void Promise.resolve(task).catch(() => {});
        await destroy();
        return ended;
      },
    };
  },
};
