// A supervisor: one child is restarted with growing delays, one may fail, and one is needed by all.
import { bestEffort, describeError, required, restart, Supervisor } from "@holdfast/runtime";

const sync = restart(
  "sync",
  async ({ run, token }) => {
    if (run < 3) throw new Error("connection refused");
    await token.cancelled;
  },
  { backoff: { initialMs: 10, factor: 2, maxMs: 1_000 } },
);

const metrics = bestEffort("metrics", () => {
  throw new Error("nobody listens");
});

const main = required("main", ({ token }) => token.cancelled);

const supervisor = new Supervisor({ children: [sync, metrics, main], intensity: 5, periodMs: 10_000 });
supervisor.subscribe((event) => {
  if (event.type === "child-exited") {
    const { id, exit } = event;
    console.log(`${id} ${exit.kind}${exit.kind === "failed" ? `: ${describeError(exit.error)}` : ""}`);
  } else if (event.type === "child-restarting") {
    console.log(`${event.id} is started again in ${event.delayMs} ms`);
  } else if (event.type === "child-started" && event.run === 3) {
    console.log(`${event.id} runs for the third time`);
    void supervisor.stop({ kind: "user-requested" });
  }
});

await supervisor.start();
const exit = await supervisor.done;
console.log(`${exit.kind}; left behind: ${exit.left.length}`);

/* prints
sync failed: connection refused
sync is started again in 10 ms
metrics failed: nobody listens
sync failed: connection refused
sync is started again in 20 ms
sync runs for the third time
main stopped
sync stopped
stopped; left behind: 0
*/
