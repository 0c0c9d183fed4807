// A child that crashes is started again; one that crashes too often ends its tree; leaving the scope stops all.
import { required, restart, Supervisor } from "@holdfast/runtime";

const backoff = { initialMs: 1, factor: 1, maxMs: 1 };
const steady = Promise.withResolvers<void>();
const server = required("server", async ({ token }) => {
  await token.cancelled;
  console.log("server ends");
});
const sync = restart(
  "sync",
  async ({ run, token }) => {
    console.log(`sync, run ${run}`);
    if (run < 3) throw new Error("refused");
    steady.resolve();
    await token.cancelled;
    console.log("sync ends");
  },
  { backoff },
);
{
  await using supervisor = new Supervisor({ children: [server, sync] });
  await supervisor.start();
  await steady.promise;
  console.log(
    supervisor
      .snapshot()
      .children.map(({ id, runs }) => `${id} ${runs}`)
      .join(", "),
  );
}
console.log("out of scope");

const broken = restart("broken", () => Promise.reject(new Error("no port")));
const doomed = new Supervisor({ children: [server, broken], intensity: 2, periodMs: 60_000 });
await doomed.start();
const exit = await doomed.done;
console.log(`${exit.kind}, ${doomed.snapshot().children.find(({ id }) => id === "broken")?.runs} runs`);

/* prints
sync, run 1
sync, run 2
sync, run 3
server 1, sync 3
sync ends
server ends
out of scope
server ends
failed, 3 runs
*/
