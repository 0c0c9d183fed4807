// A service under `runService`; its arguments say which hooks hang, or what else it does.
import type { Hook, Lifecycle } from "@holdfast/runtime";
import { runService } from "../../src/run-service.ts";

const how = new Set(process.argv.slice(2));
const hook = (name: Hook) => async () => {
  console.log(name);
  if (how.has(name)) await new Promise(() => {});
};
const lifecycle: Lifecycle = {
  preStart: hook("preStart"),
  onStart: hook("onStart"),
  async run({ shutdown, tasks }) {
    process.once("SIGUSR2", () => shutdown.cancel({ kind: "reload-requested" }));
    console.log("run");
    if (how.has("task")) tasks.spawn("sync", { kind: "background-loop" }, () => new Promise(() => {}));
    if (how.has("run")) await new Promise(() => {});
    const reason = await shutdown.cancelled;
    console.log(reason.kind);
    if (how.has("throws")) throw new Error("it broke", { cause: new Error("the disk") });
  },
  onStop: hook("onStop"),
  postStop: hook("postStop"),
  ...(how.has("reloads") && {
    reload() {
      console.log("reload");
      if (how.has("badly")) throw new Error("no such port");
    },
  }),
};

// Heard before or after the service hears it, in the same turn.
process.on("SIGINT", () => console.log("SIGINT"));
await runService({ name: "node", lifecycle, stopBudgetMs: 60_000 });
