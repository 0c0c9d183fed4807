/**
 * `client-process.ts DIRECTORY NAME [polls]`: a client with its mail in a file; tells when each event's row is on the
 * disk. With `polls` it gets no stream, and asks every 5 s.
 */
import { join } from "node:path";
import { type HttpTransport, type KeyText, RelayClient, type Route } from "@holdfast/relay";
import { nodeCrypto, nodeTransport, openIdentity, openSqliteMailStore } from "@holdfast/relay/node";
import { ShutdownToken } from "@holdfast/runtime";
import { serveParent } from "./process.ts";

const [directory = "", name = "", how] = process.argv.slice(2);
const { signer } = await openIdentity(join(directory, `${name}.key`));
const store = openSqliteMailStore(join(directory, `${name}.db`));
let mailbox: Route | undefined;
let route: Route | undefined;
let pinned = "";
const network = nodeTransport();
const transport: HttpTransport = async (request) => {
  if (request.isStream && how === "polls") throw new Error("streams do not come through here");
  return await network.request(request);
};
const client = new RelayClient({
  ...{ signer, store, crypto: nodeCrypto(), transport },
  ...(how === "polls" && { everyMs: 5_000 }),
  settings: { mailbox: () => mailbox, routeTo: () => route },
  trust: { isPinned: (key) => key === pinned },
});
const token = new ShutdownToken();
let ran: Promise<void> | undefined;
let seen = 0;
let accepted = 0;
const epochMs = () => performance.timeOrigin + performance.now();

client.events.subscribe((event) => {
  if (event.type !== "accepted") return;
  const at = epochMs();
  accepted += event.count;
  void client.inbox(seen, event.count).then((entries) => {
    seen = entries.at(-1)?.seq ?? seen;
    const events = entries.map(({ event: { data } }) => data);
    process.send?.({ events, at });
  });
});

function nextPosting(): Promise<void> {
  return new Promise((resolve) => {
    const off = client.events.subscribe(({ type }) => {
      if (type !== "posted") return;
      off();
      resolve();
    });
  });
}

serveParent(async ({ what, ...given }) => {
  switch (what) {
    case "key":
      return client.key;
    case "run":
      mailbox = given["mailbox"] as Route;
      route = given["route"] as Route | undefined;
      pinned = String(given["pinned"]);
      ran ??= client.run(token);
      return undefined;
    case "send": {
      const at = epochMs();
      const posted = nextPosting();
      await client.send({ to: given["to"] as KeyText, type: "note", data: given["data"] });
      // The answer is to take no time while the event is on its way.
      await posted;
      return at;
    }
    case "flood":
      for (let count = 0; count < Number(given["count"]); count++) {
        await client.send({ to: given["to"] as KeyText, type: "note", data: count });
      }
      return undefined;
    case "state":
      return { state: client.state.kind, accepted, waiting: (await store.outgoing(1)).length };
    case "end":
      token.cancel({ kind: "user-requested" });
      await ran;
      return undefined;
    default:
      return undefined;
  }
});
