// A wake: it says "look now" and carries nothing, so a notice that is lost costs time and never work.
import { ShutdownToken, systemClock, TaskRegistry, Wake } from "@holdfast/runtime";

const outbox: string[] = [];
const wake = new Wake();
const shutdown = new ShutdownToken();
const tasks = new TaskRegistry(shutdown);

tasks.spawn("sender", { kind: "background-loop" }, async (token) => {
  for (;;) {
    // At the latest after 50 ms, in case somebody wrote and did not notify.
    const why = await wake.wait(50, token);
    if (why === "cancelled") return;
    if (outbox.length > 0) console.log(`${why}: sends ${outbox.splice(0).join(", ")}`);
  }
});

for (const letter of ["a", "b", "c"]) {
  outbox.push(letter);
  wake.notify(); // three notices, one look
}
await systemClock.sleep(10);

outbox.push("d"); // the notice is lost
await systemClock.sleep(100);

shutdown.cancel({ kind: "user-requested" });
const { laggards } = await tasks.joinAll(1_000);
console.log(`left: ${laggards.length}`);

/* prints
woken: sends a, b, c
elapsed: sends d
left: 0
*/
