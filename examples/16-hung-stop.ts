// A program that hangs: a second Ctrl-C ends it at once and names what hung; alone it ends by its budget.
import { runService } from "@holdfast/platform";

await runService({
  name: "stuck",
  stopBudgetMs: 5_000, // left alone it ends by then, with exit code 1
  lifecycle: {
    run({ tasks }) {
      // Neither looks at its token.
      tasks.spawn("upload", { kind: "peer-connection" }, () => new Promise(() => {}));
      console.log("running");
      return new Promise(() => {});
    },
  },
});

/* prints
running
^C
^C
SIGINT again: ending now; still running:
  run: hook, … s
  tasks: peer-connection upload, … s
exit code 130
*/
