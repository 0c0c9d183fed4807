// A loop of ordered steps: gated, with a time limit, and none keeps the next from running.
import { describeError, GateOwner, loop, ShutdownToken, type StepEnd } from "@holdfast/runtime";

const connection = new GateOwner(); // whoever looks after the connection opens and closes it
const shutdown = new ShutdownToken();

const sync = loop({
  everyMs: 60_000, // from the end of one pass to the start of the next
  steps: [
    { name: "expire", run: () => "2 expired" },
    { name: "push", run: () => Promise.reject(new Error("the server said no")) },
    { name: "pull", when: connection.gate, timeoutMs: 20, run: () => new Promise(() => {}) },
    { name: "report", run: () => "done" },
  ],
  onPass: ({ steps }) => {
    console.log(steps.map((step) => `${step.name}: ${words(step)}`).join("; "));
  },
});

const running = sync.run(shutdown); // the first pass begins at once
await sync.trigger(); // asks for one now, and resolves with its report
connection.set(true);
// However many ask while a pass runs, they share the next one.
const [first, second] = await Promise.all([sync.trigger(), sync.trigger()]);
console.log(`the same pass: ${first === second}`);
// A step that did not end is not run beside itself.
await sync.trigger();

shutdown.cancel({ kind: "user-requested" });
await running;
console.log(`after the end: ${await sync.trigger()}`);

function words(end: StepEnd): unknown {
  if (end.kind === "failed") return `failed, ${describeError(end.error)}`;
  return end.kind === "completed" ? end.value : end.kind;
}

/* prints
expire: 2 expired; push: failed, the server said no; pull: skipped; report: done
expire: 2 expired; push: failed, the server said no; pull: skipped; report: done
expire: 2 expired; push: failed, the server said no; pull: timed-out; report: done
the same pass: true
expire: 2 expired; push: failed, the server said no; pull: busy; report: done
after the end: undefined
*/
