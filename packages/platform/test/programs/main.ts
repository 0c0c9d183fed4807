// A program under `runMain`; its first argument says how it behaves. With a second one time is what that file says, and
// each SIGINT is told.
import { readFileSync } from "node:fs";
import { systemClock } from "@holdfast/runtime";
import { runMain } from "../../src/run-main.ts";

const [how, time] = process.argv.slice(2);
const forever = new Promise<number>(() => {});
const clock =
  time === undefined ? systemClock : { ...systemClock, monotonic: () => Number(readFileSync(time, "utf8")) };
if (time !== undefined) process.on("SIGINT", () => console.log("heard"));

await runMain(
  async (token) => {
    console.log("ready");
    if (how === "returns") return 7;
    if (how === "throws") throw new Error("it broke", { cause: new Error("the disk") });
    const reason = await token.cancelled;
    console.log(JSON.stringify(reason));
    if (how === "hangs") return await forever;
    if (how === "passes-on") token.throwIfCancelled();
    return 0;
  },
  { clock, hung: () => ["stop: task sync, 1.2 s", "stop: task heartbeat, 0.3 s"] },
);
