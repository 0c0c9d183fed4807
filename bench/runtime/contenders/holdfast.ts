import type * as Runtime from "../../../packages/runtime/src/index.ts";
import type { Contender } from "../contender.ts";
import { later } from "../later.ts";

// Another version than this one can be measured beside it.
const source = process.env["HOLDFAST_RUNTIME"] ?? "../../../packages/runtime/src/index.ts";
const { ShutdownToken, Supervisor, TaskRegistry } = (await import(source)) as typeof Runtime;

const loop = { kind: "background-loop" } as const;
const reason = { kind: "user-requested" } as const;
const owner = new TaskRegistry(new ShutdownToken());

export const contender: Contender = {
  async oneByOne(count, body) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const run = body === "bare" ? async () => i : () => later(i);
      const outcome = await owner.spawn("task", loop, run).done;
      if (outcome.kind === "completed") sum += outcome.value;
    }
    return sum;
  },
  crowd(body) {
    const tasks = new TaskRegistry(new ShutdownToken());
    let ended = 0;
    const work = async (token: Runtime.ShutdownToken) => {
      await token.cancelled;
      ended++;
    };
    // The registry takes the listener off.
    const listen = async (token: Runtime.ShutdownToken) => void token.onCancel(() => {});
    const wait = (token: Runtime.ShutdownToken): Promise<unknown> => token.cancelled;
    const run = body === "bare" ? wait : work;
    return {
      spawn(count) {
        for (let i = 0; i < count; i++) tasks.spawn("task", loop, run);
      },
      async listenAndLeave(count) {
        const live = tasks.size;
        let left = 0;
        for (let i = 0; i < count; i++) {
          if ((await tasks.spawn("task", loop, listen).done).kind === "completed") left++;
        }
        return tasks.size === live ? left : Number.NaN;
      },
      async cancelAll() {
        const all = tasks.size;
        tasks.token.cancel(reason);
        const { laggards } = await tasks.joinAll(60_000);
        return body === "async" ? ended - laggards.length : all - laggards.length;
      },
      snapshot: () => tasks.snapshot(),
    };
  },
  async supervise(count) {
    let ended = 0;
    const start = async ({ token }: Runtime.ChildContext) => {
      await token.cancelled;
      ended++;
    };
    const children = Array.from({ length: count }, (_, index) => ({ id: `child ${index}`, start }));
    const supervisor = new Supervisor({ children });
    await supervisor.start();
    await supervisor.stop();
    return ended;
  },
};
