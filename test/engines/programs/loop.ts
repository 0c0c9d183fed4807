// Passes of steps: one fails, one hangs and is left, one waits for its gate; on a timer and on demand.
import { GateOwner, loop, ShutdownToken } from "@holdfast/runtime";

const shutdown = new ShutdownToken();
const connection = new GateOwner();
const third = Promise.withResolvers<void>();
let passes = 0;

const sync = loop({
  everyMs: 5,
  steps: [
    { name: "push", run: () => Promise.reject(new Error("the server said no")) },
    {
      name: "pull",
      when: connection.gate,
      timeoutMs: 10,
      run: ({ cancelled }) => cancelled.then(() => hung),
    },
    { name: "report", run: () => "done" },
  ],
  onPass: ({ steps }) => {
    if (++passes === 3) third.resolve();
    if (passes <= 3) console.log(steps.map(({ name, kind }) => `${name} ${kind}`).join(", "));
    connection.set(true);
  },
});
const hung = new Promise<never>(() => {});

const running = sync.run(shutdown);
await third.promise;
const [first, second] = await Promise.all([sync.trigger(), sync.trigger()]);
console.log(`one pass for two: ${first === second && first !== undefined}`);
shutdown.cancel({ kind: "user-requested" });
await running;
console.log(`after the end: ${await sync.trigger()}`);

/* prints
push failed, pull skipped, report completed
push failed, pull timed-out, report completed
push failed, pull busy, report completed
one pass for two: true
after the end: undefined
*/
