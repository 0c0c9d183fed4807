// A whole service: its phases in order, a task, a signal, and the exit code.
import process from "node:process";
import { Service, ShutdownToken } from "@holdfast/runtime";

const shutdown = new ShutdownToken();
process.on("SIGINT", () => shutdown.cancel({ kind: "user-requested", signal: "SIGINT" }));
const held = setInterval(() => {}, 60_000);

const service = new Service({
  name: "smoke",
  shutdown,
  stopBudgetMs: 2_000,
  lifecycle: {
    preStart: () => console.log("preStart"),
    onStart: () => console.log("onStart"),
    async run({ shutdown, tasks }) {
      tasks.spawn("beat", { kind: "background-loop" }, async (token) => {
        await token.cancelled;
        console.log(`beat heard: ${token.reason?.kind}`);
      });
      await shutdown.cancelled;
    },
    onStop: ({ exitReason }) => console.log(`onStop: ${exitReason.kind}`),
    postStop: () => console.log("postStop"),
  },
});

const ended = service.start();
await service.handle().waitUntilRunning();
console.log(
  `running, tasks: ${service
    .handle()
    .tasks()
    .map(({ name }) => name)}`,
);
const { reason, exitCode } = await ended;
clearInterval(held);
console.log(`${reason.kind}, tasks: ${service.handle().tasks().length}`);
process.exitCode = exitCode + 3;

/* prints
preStart
onStart
running, tasks: beat
^C
beat heard: user-requested
onStop: requested
postStop
requested, tasks: 0
exit code 3
*/
