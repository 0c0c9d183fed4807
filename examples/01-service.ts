// A service that stops as it should: Ctrl-C closes the door, lets tasks finish, and ends with the right exit code.
import { createServer } from "node:http";
import { runService } from "@holdfast/platform";
import { systemClock } from "@holdfast/runtime";

const server = createServer((_request, response) => response.end("hello\n"));

await runService({
  name: "web",
  stopBudgetMs: 5_000, // for the whole stop, shared by all its phases
  lifecycle: {
    async onStart() {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      console.log("open");
    },
    async run({ shutdown, tasks }) {
      tasks.spawn("write behind", { kind: "background-loop" }, async (token) => {
        await token.cancelled;
        await systemClock.sleep(20); // the last thing it has to do
        console.log("everything is written");
      });
      console.log("running");
      const reason = await shutdown.cancelled;
      console.log(`asked to stop: ${reason.kind}`);
    },
    async onStop({ exitReason }) {
      await new Promise((resolve) => server.close(resolve));
      console.log(`closed: ${exitReason.kind}`);
    },
  },
});

/* prints
open
running
^C
asked to stop: user-requested
everything is written
closed: requested
*/
