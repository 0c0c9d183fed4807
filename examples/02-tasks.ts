// Tracked tasks: who fails is told, who obeys ends, and who overruns the deadline is named.
import { describeError, ShutdownToken, systemClock, TaskRegistry, TaskScope } from "@holdfast/runtime";

const shutdown = new ShutdownToken();
const tasks = new TaskRegistry(shutdown);
tasks.onFailure((task, error) => console.log(`${task.name} failed: ${describeError(error)}`));

tasks.spawn("heartbeat", { kind: "background-loop" }, async (token) => {
  while ((await systemClock.sleep(10, token)) === "elapsed");
  console.log("heartbeat ended");
});

tasks.spawn("import", { kind: "maintenance" }, () => {
  throw new Error("no such file");
});

// It never looks at its token: nothing in JavaScript can stop it from outside.
tasks.spawn("upload", { kind: "peer-connection" }, () => new Promise(() => {}));

const sum = tasks.spawn("sum", { kind: "rpc-handler" }, () => 1 + 2);
console.log(await sum.done);

// The tasks of one block end with it.
{
  await using scope = new TaskScope(shutdown);
  scope.spawn("probe", { kind: "maintenance" }, async (token) => {
    const { message } = await token.cancelled;
    console.log(`probe ended: ${message}`);
  });
}

console.log(`running: ${tasks.snapshot().map(({ name, kind }) => `${name} (${kind})`)}`);

shutdown.cancel({ kind: "user-requested", message: "enough" });
const { laggards } = await tasks.joinAll(100);
for (const { name, state } of laggards) console.log(`${name} is left behind, ${state}`);
console.log(`${tasks.size} tasks are tracked`);
process.exitCode = laggards.length > 0 ? 1 : 0;

/* prints
import failed: no such file
{ kind: 'completed', value: 3 }
probe ended: the tasks' scope has ended
running: heartbeat (background-loop),upload (peer-connection)
heartbeat ended
upload is left behind, aborting
0 tasks are tracked
exit code 1
*/
