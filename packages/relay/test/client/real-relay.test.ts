/** A client at a real relay on the loopback: files, sockets and the system's own clock. */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { consume, generateBodyKeys, openBody } from "@holdfast/relay";
import { keepStateFile, openIdentity, readStateFile } from "@holdfast/relay/node";
import { tcpProxy } from "@holdfast/relay/testing";
import { ShutdownToken } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { realRig } from "./real-rig.ts";

const quick = { backoff: { initialMs: 20, factor: 2, maxMs: 200, jitter: "equal" } } as const;

async function pair(more = {}) {
  const rig = await realRig();
  const [alice, bob] = [
    await rig.client("alice", { ...quick, ...more }),
    await rig.client("bob", { ...quick, ...more }),
  ];
  await rig.introduce(alice, bob);
  await rig.introduce(bob, alice);
  return { rig, alice, bob };
}

test("W-09 what one sends is in the other's inbox, verified, in order; and it goes both ways", async () => {
  const { alice, bob } = await pair();
  alice.run();
  bob.run();
  const [toBob, toAlice] = [bob.client.key, alice.client.key];
  for (let count = 0; count < 50; count++) {
    await alice.client.send({ to: toBob, type: "note", data: count });
    await bob.client.send({ to: toAlice, type: "note", data: -count });
  }
  await Promise.all([alice.received(50), bob.received(50)]);
  expect((await bob.client.inbox()).map(({ event }) => event.data)).toEqual(
    Array.from({ length: 50 }, (_, at) => at),
  );
  const [first] = await alice.client.inbox();
  expect(first?.event).toMatchObject({ source: toBob, recipient: toAlice, sequence: 1, type: "note" });
});

test("who sends in a loop keeps nothing waiting: the first are with the relay before the last was sent", async () => {
  const { alice, bob } = await pair();
  alice.run();
  let sent = 0;
  const isPosted = () => alice.events.some(({ type }) => type === "posted");
  while (!isPosted() && sent < 20_000) {
    await alice.client.send({ to: bob.client.key, type: "note", data: sent++ });
  }
  expect(sent).toBeLessThan(20_000);
});

test("what was sent while it did not run is posted once it does, also by the next process", async () => {
  const { alice, bob } = await pair();
  bob.run();
  for (let count = 0; count < 5; count++)
    await alice.client.send({ to: bob.client.key, type: "note", data: count });
  expect(await alice.store.outgoing(10)).toHaveLength(5);
  alice.run();
  await bob.received(5);
  await alice.until(async () => (await alice.store.outgoing(10)).length === 0);
});

test("an encrypted body is readable to its recipient only", async () => {
  const { alice, bob } = await pair();
  const keys = await generateBodyKeys();
  alice.run();
  bob.run();
  await alice.client.send({ to: bob.client.key, type: "note", data: { secret: 42 }, sealTo: keys.publicKey });
  await bob.received(1);
  const [entry] = await bob.client.inbox();
  expect(JSON.stringify(entry?.event)).not.toContain("42}");
  expect(entry && (await openBody(entry.event, keys))).toEqual({ secret: 42 });
});

test("B-09 a handler that cannot use an entry parks it; what comes after is handled, each once", async () => {
  const { alice, bob } = await pair();
  alice.run();
  bob.run();
  const seen: unknown[] = [];
  const parked: unknown[] = [];
  const token = new ShutdownToken();
  const last = Promise.withResolvers<void>();
  const handle = ({ event }: { readonly event: { readonly data?: unknown } }) => {
    seen.push(event.data);
    if (event.data === "c") last.resolve();
    if (event.data === "poison") throw new Error("cannot be used");
  };
  const options = { handle, attempts: 3, ...quick, onParked: (entry: object) => parked.push(entry) };
  const consumed = consume(bob.client, bob.store, options, token);
  for (const data of ["a", "poison", "b", "c"])
    await alice.client.send({ to: bob.client.key, type: "note", data });
  await last.promise;
  while ((await bob.store.inbox(0, 10)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  token.cancel({ kind: "user-requested" });
  await consumed;
  expect(seen).toEqual(["a", "poison", "poison", "poison", "b", "c"]);
  expect(await bob.store.inbox(0, 10, "with-parked")).toMatchObject([{ parked: "cannot be used" }]);
  expect(parked).toHaveLength(1);
});

test("W-05 a token that was exchanged and revoked is taken up without a restart", async () => {
  const { rig, alice, bob } = await pair();
  alice.run();
  bob.run();
  await bob.until(() => bob.client.state.kind === "connected");
  const old = (await rig.relay.ask("GET", "/v1/tokens?slot=bob", { token: rig.relay.admin })).json<{
    tokens: readonly { readonly id: string; readonly scope: string }[];
  }>();
  const token = await rig.relay.mint({ scope: "read", slot: "bob" });
  if (bob.mailbox) bob.mailbox = { ...bob.mailbox, token };
  for (const { id, scope } of old.tokens) {
    if (scope === "read") await rig.relay.ask("DELETE", `/v1/tokens/${id}`, { token: rig.relay.admin });
  }
  await alice.client.send({ to: bob.client.key, type: "note", data: "after" });
  await bob.received(1);
  await bob.until(() => bob.client.state.kind === "connected");
});

test("W-06 the state file tells how it stands, survives a restart with its old time, and is written as a whole", async () => {
  const { rig, alice, bob } = await pair();
  const path = join(rig.directory, "state.json");
  expect(readStateFile(path)).toBeUndefined();
  {
    await using file = keepStateFile(bob.client, path);
    alice.run();
    bob.run();
    await alice.client.send({ to: bob.client.key, type: "note" });
    await bob.received(1);
    await bob.until(() => bob.client.state.kind === "connected");
    await file.settled();
    expect(readStateFile(path)).toMatchObject({ version: 1, state: "connected", reconnects: 0 });
    await bob.stop();
  }
  const told = readStateFile(path);
  expect(told?.state).toBe("stopped");
  expect(told?.lastEventAt).toBeGreaterThan(Date.now() - 60_000);
  await using again = keepStateFile(bob.client, path);
  await again.settled();
  expect(readStateFile(path)?.lastEventAt).toBe(told?.lastEventAt);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("W-06 a state file that cannot be written stops nothing; one that cannot be read is not known", async () => {
  const { rig, alice, bob } = await pair();
  const directory = join(rig.directory, "no");
  mkdirSync(directory);
  // Root writes where it may not: a directory in the place of the file stops root as well.
  mkdirSync(join(directory, "state.json"));
  await using file = keepStateFile(bob.client, join(directory, "state.json"));
  alice.run();
  bob.run();
  await alice.client.send({ to: bob.client.key, type: "note" });
  await bob.received(1);
  await file.settled();
  expect(readStateFile(join(directory, "state.json"))).toBeUndefined();
  const bad = join(rig.directory, "bad.json");
  for (const text of ["", "{", '{"version":2,"state":"connected"}', '{"version":1,"state":"fine"}', "[]"]) {
    writeFileSync(bad, text);
    expect(readStateFile(bad)).toBeUndefined();
  }
});

test("the key file is made once, for us alone, and refused when others can read it", async () => {
  const { directory } = await realRig();
  const path = join(directory, "own.key");
  const first = await openIdentity(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await openIdentity(path)).signer.publicKey).toBe(first.signer.publicKey);
  expect((await openIdentity(path)).bodyKeys).toEqual(first.bodyKeys);
  chmodSync(path, 0o640);
  await expect(openIdentity(path)).rejects.toMatchObject({ code: "UNSAFE_FILE" });
  chmodSync(path, 0o600);
  symlinkSync(path, join(directory, "link.key"));
  await expect(openIdentity(join(directory, "link.key"))).rejects.toMatchObject({ code: "UNSAFE_FILE" });
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.slice(0, 100));
  await expect(openIdentity(path)).rejects.toMatchObject({ code: "BAD_KEY_FILE" });
  expect(readFileSync(path, "utf8")).toBe(text.slice(0, 100));
});

test("F21 a partition, then a flapping network: nothing is lost, and nothing is applied twice", async () => {
  const rig = await realRig();
  await using proxy = await tcpProxy(rig.relay.url);
  const [alice, bob] = [
    await rig.client("alice", { ...quick, url: proxy.url }),
    await rig.client("bob", { ...quick, url: proxy.url }),
  ];
  await rig.introduce(alice, bob, proxy.url);
  alice.run();
  bob.run();
  await bob.until(() => bob.client.state.kind === "connected");
  let sent = 0;
  const send = async (count: number) => {
    for (let at = 0; at < count; at++)
      await alice.client.send({ to: bob.client.key, type: "note", data: sent++ });
  };
  await send(20);
  proxy.set({ refuses: true });
  proxy.cut();
  await send(20);
  await bob.until(() => bob.client.state.kind === "backoff" || bob.client.state.kind === "degraded");
  proxy.set({});
  for (let flap = 0; flap < 10; flap++) {
    await send(10);
    await new Promise((resolve) => setImmediate(resolve));
    proxy.cut();
  }
  await bob.received(sent);
  const received = (await bob.client.inbox(0, 1_000)).map(({ event }) => event.data);
  expect(received.toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: sent }, (_, at) => at),
  );
  // 140 events, one after the other, each with five changes between processes and three waits for the disk.
}, 60_000);

test("F21 one-way: what the relay took and could not answer is stored once", async () => {
  const rig = await realRig();
  await using proxy = await tcpProxy(rig.relay.url);
  const [alice, bob] = [await rig.client("alice", quick), await rig.client("bob", quick)];
  await rig.introduce(alice, bob, proxy.url);
  proxy.set({ swallows: "down" });
  alice.run();
  bob.run();
  await alice.client.send({ to: bob.client.key, type: "note", data: "once" });
  await bob.received(1);
  expect(await alice.store.outgoing(10)).toHaveLength(1);
  proxy.set({});
  proxy.cut();
  await alice.until(async () => (await alice.store.outgoing(10)).length === 0);
  expect(await bob.client.inbox()).toHaveLength(1);
});

test("a stop in the middle of everything ends at once, and leaves no socket", async () => {
  const { rig, alice, bob } = await pair();
  alice.run();
  bob.run();
  await bob.until(() => bob.client.state.kind === "connected");
  for (let count = 0; count < 20; count++) void alice.client.send({ to: bob.client.key, type: "note" });
  await Promise.all([alice.stop(), bob.stop()]);
  while (rig.relay.relay.readers > 0) await new Promise((resolve) => setImmediate(resolve));
  expect([alice.client.state.kind, bob.client.state.kind]).toEqual(["stopped", "stopped"]);
});
