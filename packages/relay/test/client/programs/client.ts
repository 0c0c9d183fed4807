/**
 * A client that is killed: `client.ts DIRECTORY SLOT`. It reads `settings.json` there, sends what a line on stdin says
 * ("N": the numbers up to N that were not sent before), and prints each number once `send` resolved, and each
 * acknowledgement. Killed by HOLDFAST_FAILPOINT, it leaves what a crash leaves.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ClientSettings, type KeyText, RelayClient, type Route } from "@holdfast/relay";
import { nodeCrypto, nodeTransport, openIdentity, openSqliteMailStore } from "@holdfast/relay/node";
import { ShutdownToken } from "@holdfast/runtime";
import { setFailpoints } from "@holdfast/runtime/failpoints";

interface Settings {
  readonly mailbox: Route;
  readonly routes: Readonly<Record<string, Route>>;
  readonly pinned: readonly string[];
  readonly to?: KeyText;
}

const [directory = "", slot = ""] = process.argv.slice(2);
setFailpoints(process.env["HOLDFAST_FAILPOINT"] ?? "", {
  kill: () => {
    process.kill(process.pid, "SIGKILL");
  },
});
const read = () => JSON.parse(readFileSync(join(directory, `${slot}.json`), "utf8")) as Settings;
const settings: ClientSettings = {
  mailbox: () => read().mailbox,
  routeTo: (key) => read().routes[key],
};
const { signer } = await openIdentity(join(directory, `${slot}.key`));
const store = openSqliteMailStore(join(directory, `${slot}.db`));
const client = new RelayClient({
  ...{ signer, crypto: nodeCrypto(), transport: nodeTransport().request, store, settings },
  trust: { isPinned: (key) => read().pinned.includes(key) },
  backoff: { initialMs: 10, factor: 2, maxMs: 100, jitter: "equal" },
});
const token = new ShutdownToken();
const ran = client.run(token);
console.log(`key ${client.key}`);
client.events.subscribe(({ type }) => console.log(type));

// What was acknowledged to the caller, for whoever checks it after the crash.
const sentFile = join(directory, `${slot}.sent`);
const sentBefore = existsSync(sentFile) ? readFileSync(sentFile, "utf8").split("\n").length - 1 : 0;
let sent = sentBefore;
for await (const line of createInterface({ input: process.stdin })) {
  const { to } = read();
  while (to && sent < Number(line)) {
    await client.send({ to, type: "note", data: sent });
    appendFileSync(sentFile, `${sent++}\n`);
  }
}
token.cancel({ kind: "user-requested" });
await ran;
process.exit(0);
