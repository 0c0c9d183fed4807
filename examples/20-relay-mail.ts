// Mail through a relay: signed, kept before `send` returns, pulled when a stream says so, applied once.
import { generateKeyPairSync } from "node:crypto";
import { enrol, formatAddress, invite, memoryMailStore, parseAddress, RelayClient } from "@holdfast/relay";
import { nodeCrypto, nodeSigner, nodeTransport } from "@holdfast/relay/node";
import { createRelay, defaultQuota, openSqliteStore } from "@holdfast/relay/server";
import { ShutdownToken } from "@holdfast/runtime";

const relay = createRelay({ store: openSqliteStore({ path: ":memory:", quota: defaultQuota }) });
const at = { url: await relay.listen(), token: await relay.mintAdminToken() };
const shutdown = new ShutdownToken();
using network = nodeTransport();
const ctx = { transport: network.request, token: shutdown };

// On a machine of its own: openIdentity, openAddressBook and openSqliteMailStore keep all of this in files.
async function node(slot: string) {
  const { mailbox, ...secrets } = await enrol({ ...at, slot }, ctx);
  const contacts = new Map<string, ReturnType<typeof parseAddress>>();
  const client = new RelayClient({
    signer: nodeSigner(generateKeyPairSync("ed25519").privateKey),
    crypto: nodeCrypto(),
    transport: network.request,
    store: memoryMailStore(),
    settings: { mailbox: () => mailbox, routeTo: (key) => contacts.get(key)?.route },
    trust: { isPinned: (key) => contacts.has(key) },
  });
  return { client, contacts, enrolment: { mailbox, ...secrets }, ran: client.run(shutdown) };
}
const [web, laptop] = [await node("web"), await node("laptop")];

// Each lets the other write, and hands the address over by a way that both trust: it is one word.
for (const [own, other] of [[web, laptop] as const, [laptop, web] as const]) {
  const address = await invite(own.enrolment, { key: own.client.key }, other.client.key, ctx);
  other.contacts.set(own.client.key, parseAddress(formatAddress(address)));
}

const events = web.client.events.events();
const { sequence } = await laptop.client.send({ to: web.client.key, type: "deploy", data: { version: 7 } });
console.log(`sent, number ${sequence}`);
for await (const event of events) if (event.type === "accepted") break;
for (const { id, event } of await web.client.inbox()) {
  const isOf = event.source === laptop.client.key ? "the laptop" : "somebody else";
  console.log(`${event.type} ${JSON.stringify(event.data)}, signed by ${isOf}`);
  await web.client.acknowledge(id);
}
console.log(`left in the inbox: ${(await web.client.inbox()).length}`);

shutdown.cancel({ kind: "user-requested" });
await Promise.all([web.ran, laptop.ran]);
await relay.stop();

/* prints
sent, number 1
deploy {"version":7}, signed by the laptop
left in the inbox: 0
*/
