// A program under `runMain`; its first argument says how it behaves.
import { runMain } from "../../src/run-main.ts";

const [how] = process.argv.slice(2);
const forever = new Promise<number>(() => {});

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
  { hung: () => ["stop: task sync, 1.2 s", "stop: task heartbeat, 0.3 s"] },
);
