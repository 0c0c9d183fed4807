/** The client as a page has it: IndexedDB, WebCrypto, and a relay in memory. In Chromium; in Node only what Node has. */
import {
  eventContext,
  type KeyText,
  memoryMailStore,
  openIndexedDbMailStore,
  RelayClient,
  type SignedEvent,
  signEvent,
  webCrypto,
  webSigner,
} from "@holdfast/relay";
import { ShutdownToken } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
// Not through the entry: what else is in it needs Node.
import { FakeRelay } from "../../src/testing/fake-relay.ts";
import { storeSuite } from "../client/store/store-suite.ts";

/** As much of a browser's as is used here: these tests are checked without its types. */
interface Databases {
  open(
    name: string,
    version: number,
  ): {
    readonly result: {
      createObjectStore(name: string): { put(value: unknown, key: string): unknown };
      close(): void;
    };
    onupgradeneeded?: () => void;
    onsuccess?: (event: unknown) => void;
  };
}

const hasDatabase = "indexedDB" in globalThis;
const crypto = webCrypto();
const somebody = async () =>
  await webSigner(
    (await globalThis.crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as never,
  );

if (hasDatabase) {
  storeSuite("IndexedDB", async () => {
    const name = globalThis.crypto.randomUUID();
    const store = await openIndexedDbMailStore(name);
    return {
      store,
      reopen: async () => {
        await store[Symbol.asyncDispose]();
        return await openIndexedDbMailStore(name);
      },
    };
  });

  test("a database of the version before keeps its mail, and gets a place for keys", async () => {
    const name = globalThis.crypto.randomUUID();
    const { indexedDB } = globalThis as unknown as { readonly indexedDB: Databases };
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const each of ["inbox", "seen", "floor", "quarantine", "gap", "outgoing", "sequence"])
        request.result.createObjectStore(each);
      request.result.createObjectStore("meta").put("one:7", "cursor");
    };
    await new Promise((resolve) => (request.onsuccess = resolve));
    request.result.close();
    await using store = await openIndexedDbMailStore(name);
    expect(await store.cursor()).toBe("one:7");
    expect(await store.sentAs("" as KeyText, "order 7")).toBeUndefined();
  });
}

test("with WebCrypto, and the store that there is, mail is sent, pulled, verified and kept", async () => {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const relay = new FakeRelay({ clock, heartbeatMs: 0 });
  const store = hasDatabase
    ? await openIndexedDbMailStore(globalThis.crypto.randomUUID())
    : memoryMailStore();
  const [own, alice, stranger] = [await somebody(), await somebody(), await somebody()];
  const client = new RelayClient({
    ...{ signer: own, crypto, transport: relay.transport, store, clock },
    settings: { mailbox: () => relay.mailbox, routeTo: () => ({ ...relay.mailbox, token: "post" }) },
    trust: { isPinned: (key: KeyText) => key === alice.publicKey || key === own.publicKey },
  });
  const token = new ShutdownToken();
  const ran = client.run(token);
  for (const [index, signer] of [alice, stranger, alice].entries()) {
    const event: SignedEvent = {
      ...{ specversion: "1.0", context: eventContext, source: signer.publicKey, recipient: own.publicKey },
      ...{ sequence: index + 1, type: "note", data: index },
      ...{ time: "2030-01-01T00:00:00Z", expirytime: "2030-01-02T00:00:00Z" },
    };
    relay.append(JSON.stringify((await signEvent(event, signer, crypto)).envelope));
  }
  await client.send({ to: own.publicKey, type: "note", data: "to myself" });
  while ((await client.inbox()).length < 3) await clock.advance(1_000);
  expect((await client.inbox()).map(({ event }) => event.data)).toEqual([0, 2, "to myself"]);
  expect(await store.quarantine("", 10)).toMatchObject([{ reason: "unpinned-sender" }]);
  token.cancel({ kind: "user-requested" });
  await clock.advance(0);
  await ran;
  await store[Symbol.asyncDispose]();
});
