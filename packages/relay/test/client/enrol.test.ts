import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Address,
  type Enrolment,
  enrol,
  exchangeToken,
  formatAddress,
  formatInvitation,
  invite,
  join as joinRelay,
  parseAddress,
  parseInvitation,
  RelayClient,
  toBase64Url,
  uninvite,
} from "@holdfast/relay";
import {
  type AddressBook,
  nodeCrypto,
  nodeTransport,
  openAddressBook,
  openIdentity,
  openSqliteMailStore,
} from "@holdfast/relay/node";
import { ShutdownToken } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";
import { fromHex, smallOrderKeys } from "../envelope/small-order-keys.ts";
import { openRelay } from "../server/open-relay.ts";

async function newcomer(directory: string, name: string) {
  const { signer, bodyKeys } = await openIdentity(join(directory, `${name}.key`));
  const book = await openAddressBook(join(directory, `${name}.book`));
  const store = openSqliteMailStore(join(directory, `${name}.db`));
  const network = nodeTransport();
  const transport = network.request;
  const client = new RelayClient({
    signer,
    crypto: nodeCrypto(),
    transport,
    store,
    settings: book,
    trust: book,
  });
  const token = new ShutdownToken();
  const ctx = { transport, token };
  const ran = client.run(token);
  onTestFinished(async () => {
    token.cancel({ kind: "user-requested" });
    await ran;
    await store[Symbol.asyncDispose]();
    network[Symbol.dispose]();
  });
  return { book, client, ctx, own: { key: client.key, bodyKey: bodyKeys.publicKey } };
}

const scratch = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-enrol-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

const received = async (client: RelayClient) => {
  for await (const _ of client.events.events()) {
    const [entry] = await client.inbox();
    if (entry) return entry;
  }
  return undefined;
};

test("two who enrolled and exchanged addresses write to each other; tokens are exchanged while they run", async () => {
  const relay = await openRelay();
  const directory = scratch();
  const [alice, bob] = [await newcomer(directory, "alice"), await newcomer(directory, "bob")];
  for (const { book, ctx } of [alice, bob]) {
    await book.setEnrolment(await enrol({ url: relay.url, token: relay.admin }, ctx));
  }
  const enrolmentOf = ({ book }: { readonly book: AddressBook }) => book.enrolment ?? expect.fail();
  const address = await invite(enrolmentOf(bob), bob.own, alice.client.key, bob.ctx);
  await alice.book.add({ name: "bob", address: parseAddress(formatAddress(address)) });
  const toAlice = await invite(enrolmentOf(alice), alice.own, bob.client.key, alice.ctx);
  await bob.book.add({ name: "alice", address: toAlice });
  const before = enrolmentOf(bob);
  const after = await exchangeToken(before, (next) => bob.book.setEnrolment(next), bob.ctx);
  expect(after.mailbox.token).not.toBe(before.mailbox.token);
  expect(enrolmentOf(bob)).toEqual(after);
  const refused = await relay.ask("GET", `/v1/events/${before.mailbox.slot}`, {
    token: before.mailbox.token,
  });
  expect(refused.status).toBe(401);
  const entry = received(bob.client);
  await alice.client.send({ to: bob.client.key, type: "note", data: "hello" });
  expect((await entry)?.event.data).toBe("hello");
}, 40_000);

test("a name that is taken is refused with the relay's reason, and so is a token that may not", async () => {
  const relay = await openRelay();
  const { ctx } = await newcomer(scratch(), "alice");
  const first = await enrol({ url: relay.url, token: relay.admin, slot: "mine" }, ctx);
  const again = enrol({ url: relay.url, token: relay.admin, slot: "mine" }, ctx);
  await expect(again).rejects.toMatchObject({
    code: "RELAY_REFUSED",
    details: { status: 409, relayCode: "SLOT_EXISTS" },
  });
  const stranger = enrol({ url: relay.url, token: "hfr_wrong" }, ctx);
  await expect(stranger).rejects.toMatchObject({ details: { status: 401 } });
  const reader = enrol({ url: relay.url, token: first.mailbox.token }, ctx);
  await expect(reader).rejects.toMatchObject({ details: { status: 403 } });
});

test("an invitation hands a mailbox over once, and who was invited to write can be kept from it", async () => {
  const directory = scratch();
  const relay = await openRelay();
  const alice = await newcomer(directory, "alice");
  await relay.ask("POST", "/v1/slots", { token: relay.admin, body: { slot: "alice" } });
  const token = await relay.mint({ scope: "admin", slot: "alice" });
  const word = formatInvitation({ url: relay.url, slot: "alice", token });
  const kept: Enrolment[] = [];
  const enrolment = await joinRelay(parseInvitation(word), (each) => kept.push(each), alice.ctx);
  expect(kept).toEqual([enrolment]);
  expect(enrolment.mailbox).toMatchObject({ url: relay.url, slot: "alice" });
  await expect(joinRelay(parseInvitation(word), () => {}, alice.ctx)).rejects.toMatchObject({
    details: { status: 401 },
  });
  const own = { key: alice.client.key };
  const bob = (await newcomer(directory, "bob")).client.key;
  const posted = async ({ route }: Address) => (await relay.post("alice", route.token, '{"n":1}')).status;
  const [first, second] = [
    await invite(enrolment, own, bob, alice.ctx),
    await invite(enrolment, own, bob, alice.ctx),
  ];
  const once = await invite(enrolment, own, { name: "pair:1", forMs: 60_000 }, alice.ctx);
  expect(await Promise.all([posted(first), posted(once)])).toEqual([201, 201]);
  await uninvite(enrolment, bob, alice.ctx);
  expect(await Promise.all([posted(first), posted(second), posted(once)])).toEqual([401, 401, 200]);
  for (const text of ["", "hfa1_AAAA", "hfj1_AAAA"]) {
    expect(() => parseInvitation(text)).toThrow(expect.objectContaining({ code: "BAD_INVITATION" }));
  }
});

test.each([
  ["nothing", ""],
  ["another word", "hfr_abc"],
  ["no JSON", "hfa1_AAAA"],
  ["no address", `hfa1_${toBase64Url(new TextEncoder().encode("{}"))}`],
])("an address that is %s is refused", (_, word) => {
  expect(() => parseAddress(word)).toThrow(expect.objectContaining({ code: "BAD_ADDRESS" }));
});

test("W-10 an address with a key of small order is refused before anything is pinned", () => {
  const route = { url: "https://relay.example", slot: "mine", token: "t" };
  for (const hex of smallOrderKeys) {
    const word = formatAddress({ key: toBase64Url(fromHex(hex)) as never, route });
    expect(() => parseAddress(word)).toThrow(expect.objectContaining({ code: "BAD_KEY" }));
  }
});

test("an address book is for us alone, is read as it is now, and a damaged one trusts nobody", async () => {
  const path = join(scratch(), "book.json");
  const [one, other] = [await openAddressBook(path), await openAddressBook(path)];
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { signer } = await openIdentity(`${path}.key`);
  const key = signer.publicKey;
  const route = { url: "https://relay.example", slot: "s", token: "t" };
  await one.add({ name: "alice", address: { key, route } });
  expect(other.isPinned(key)).toBe(true);
  expect(other.routeTo(key)).toEqual(route);
  await one.add({ name: "alice again", address: { key, route: { ...route, token: "u" } } });
  expect(other.contacts.map(({ name }) => name)).toEqual(["alice again"]);
  expect(await other.remove("alice again")).toBe(true);
  expect(one.isPinned(key)).toBe(false);
  writeFileSync(path, '{"version":1,"contacts":[');
  expect(() => one.isPinned(key)).toThrow(expect.objectContaining({ code: "BAD_ADDRESS_BOOK" }));
});
