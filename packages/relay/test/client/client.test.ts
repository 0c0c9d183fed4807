import { expect, test } from "vitest";
import { somebody, virtualRig, Writer } from "./virtual-rig.ts";

const pullsOf = "GET /v1/events/mine";
const streamsOf = "GET /v1/events/mine/stream";

test("W-01 a wake makes it pull, whatever its data says; nothing of it is taken for mail", async () => {
  const { relay, alice, pass, dataOf, asked } = virtualRig();
  await pass(1_000);
  const before = asked(pullsOf).length;
  relay.say('event: wake\nid: one:99\ndata: {"event":"forged"}\n\n');
  relay.say("data: what a later relay may say\n\n");
  await pass(1_000);
  expect(asked(pullsOf).length).toBeGreaterThan(before);
  expect(await dataOf()).toEqual([]);
  relay.append(await alice.write("hello"));
  await pass(0);
  expect(await dataOf()).toEqual(["hello"]);
  expect(asked(streamsOf)[0]?.token).toBe("read");
});

test("W-02 wakes that come while it pulls make one more pull", async () => {
  const { relay, pass, asked } = virtualRig();
  relay.latencyMs = 100;
  await pass(1_000);
  const before = asked(pullsOf).length;
  for (let count = 0; count < 50; count++) relay.say("event: wake\ndata: {}\n\n");
  await pass(1_000);
  expect(asked(pullsOf).length - before).toBe(2);
});

test("W-02 it goes on polling while the stream is down", async () => {
  const { relay, alice, pass, dataOf, client, asked } = virtualRig();
  relay.streamAnswer = { status: 404 };
  await pass(1_000);
  relay.append(await alice.write(1));
  await pass(61_000);
  expect(await dataOf()).toEqual([1]);
  expect(client.state).toMatchObject({ kind: "degraded", without: "stream" });
  await pass(600_000);
  expect(asked(streamsOf)).toHaveLength(1);
  expect(asked(pullsOf).length).toBeGreaterThan(10);
});

test("W-03 what the stream made it pull and what polling finds is applied once, by one path", async () => {
  const { relay, alice, pass, dataOf, client, store } = virtualRig({ pageSize: 3 });
  await pass(0);
  for (let count = 0; count < 10; count++) {
    relay.append(await alice.write(count));
    client.look();
    void client.pull();
  }
  await pass(0);
  expect(await dataOf()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await store.cursor()).toBe("one:10");
});

test("W-03 one envelope that lies in the mailbox twice is applied once", async () => {
  const { relay, alice, pass, dataOf, store } = virtualRig();
  const envelope = await alice.write("once");
  for (let count = 0; count < 5; count++) relay.append(envelope);
  await pass(1_000);
  relay.append(envelope);
  await pass(1_000);
  expect(await dataOf()).toEqual(["once"]);
  expect(await store.quarantined()).toBe(0);
});

test("W-12 B-09 what cannot be judged yet is kept, and 500 events behind it are not", async () => {
  const { relay, alice, clock, client, pass, dataOf, pinned, store } = virtualRig();
  const bob = new Writer(client.key, clock);
  relay.append(await bob.write("from a stranger"));
  for (let count = 0; count < 500; count++) relay.append(await alice.write(count));
  await pass(1_000);
  expect(await dataOf()).toHaveLength(500);
  expect(await store.quarantine("", 10)).toMatchObject([
    { reason: "unpinned-sender", sender: bob.signer.publicKey },
  ]);
  pinned.add(bob.signer.publicKey);
  const report = client.judgeAgain();
  await pass(0);
  expect(await report).toMatchObject({ accepted: 1, quarantined: 0 });
  expect((await dataOf()).at(-1)).toBe("from a stranger");
  expect(await store.quarantine("", 10)).toEqual([]);
  // It lies in the mailbox still, and comes no second time.
  void client.judgeAgain();
  await pass(61_000);
  expect(await dataOf()).toHaveLength(501);
});

test("W-12 an unknown kind and a newer schema wait for a program that knows them", async () => {
  const known = new Set(["note"]);
  const trusted: string[] = [];
  const trust = {
    isPinned: (key: string) => trusted.includes(key),
    isKnown: (type: string) => known.has(type),
  };
  const { relay, alice, pass, dataOf, client, store } = virtualRig({ trust });
  trusted.push(alice.signer.publicKey);
  relay.append(await alice.write("dance", { type: "dance" }));
  relay.append(await alice.write("later", { context: "holdfast.relay/2" as never }));
  relay.append(await alice.write("note"));
  await pass(1_000);
  expect(await dataOf()).toEqual(["note"]);
  expect((await store.quarantine("", 10)).map(({ reason }) => reason).sort()).toEqual([
    "newer-schema",
    "unknown-kind",
  ]);
  known.add("dance");
  void client.judgeAgain();
  await pass(0);
  expect(await dataOf()).toEqual(["note", "dance"]);
});

test("W-12 an event from the future is kept until its time has come", async () => {
  const { relay, alice, clock, pass, dataOf } = virtualRig();
  const time = new Date(clock.now() + 3_600_000).toISOString();
  relay.append(await alice.write("soon", { time }));
  await pass(1_000);
  expect(await dataOf()).toEqual([]);
  await pass(3_300_000);
  await pass(61_000);
  expect(await dataOf()).toEqual(["soon"]);
});

test("W-13 events that were trimmed before they were pulled leave a gap that can be seen, and it goes on behind it", async () => {
  const { relay, alice, pass, dataOf, store, events } = virtualRig();
  relay.append(await alice.write(1));
  await pass(1_000);
  relay.weather = "refused";
  relay.hangUp();
  for (let count = 2; count <= 5; count++) relay.append(await alice.write(count));
  relay.trimmed = 4;
  await pass(1_000);
  relay.weather = "fair";
  await pass(61_000);
  expect(await dataOf()).toEqual([1, 5]);
  expect(await store.gaps()).toMatchObject([{ from: "one:1", to: "one:4" }]);
  expect(events.filter(({ type }) => type === "gap")).toHaveLength(1);
});

test("W-13 a mailbox that was made anew is a gap, and no restart from the beginning in silence", async () => {
  const { relay, alice, pass, dataOf, store } = virtualRig();
  relay.append(await alice.write("old"));
  await pass(1_000);
  relay.begin("two");
  relay.append(await alice.write("new"));
  await pass(61_000);
  expect(await dataOf()).toEqual(["old", "new"]);
  expect(await store.gaps()).toMatchObject([{ from: "one:1", to: "two:0" }]);
});

test("W-14 mail that came between two streams is pulled as soon as the next one says hello", async () => {
  const { relay, alice, pass, dataOf } = virtualRig({ everyMs: 3_600_000 });
  await pass(20_000);
  relay.weather = "refused";
  relay.hangUp();
  relay.append(await alice.write("unheard"));
  await pass(100);
  relay.weather = "fair";
  await pass(31_000);
  expect(await dataOf()).toEqual(["unheard"]);
});

test("W-14 a lost wake heals within one heartbeat, and a heartbeat without news costs no pull", async () => {
  const { relay, alice, pass, dataOf, asked } = virtualRig({ everyMs: 3_600_000 });
  await pass(1_000);
  const before = asked(pullsOf).length;
  await pass(60_000);
  expect(asked(pullsOf).length).toBe(before);
  relay.losesWakes = true;
  relay.append(await alice.write("missed"));
  await pass(15_000);
  expect(await dataOf()).toEqual(["missed"]);
});

test("what is sent while no relay can be reached is posted once one can, in order and once", async () => {
  const { relay, client, pass, store, asked } = virtualRig();
  relay.weather = "refused";
  const to = client.key;
  for (let count = 0; count < 20; count++) void client.send({ to, type: "note", data: count });
  await pass(120_000);
  expect(await store.outgoing(100)).toHaveLength(20);
  relay.weather = "one-way";
  await pass(120_000);
  relay.weather = "fair";
  await pass(120_000);
  expect(await store.outgoing(100)).toEqual([]);
  expect(relay.head).toBe("one:20");
  expect(asked("POST /v1/events/mine").length).toBeGreaterThan(20);
});

test("what expires before a relay took it is refused, and told", async () => {
  const { relay, client, pass, store, events } = virtualRig();
  relay.weather = "refused";
  void client.send({ to: client.key, type: "note", expiresInMs: 10_000 });
  await pass(60_000);
  expect(await store.refused()).toHaveLength(1);
  expect(events.filter(({ type }) => type === "refused")).toHaveLength(1);
  relay.weather = "fair";
  await pass(60_000);
  expect(relay.head).toBe("one:0");
});

test("stopped, it leaves no timer and no stream", async () => {
  const { relay, clock, pass, token, ran, client } = virtualRig({ heartbeatMs: 0 });
  await pass(1_000);
  expect([relay.readers, client.state.kind]).toEqual([1, "connected"]);
  token.cancel({ kind: "user-requested" });
  await pass(0);
  await ran;
  expect([relay.readers, clock.pending, client.state.kind]).toEqual([0, 0, "stopped"]);
});

test("W-14 a heartbeat that cannot be read is a reason to look", async () => {
  const { relay, pass, asked } = virtualRig({ heartbeatMs: 0 });
  await pass(1_000);
  const before = asked(pullsOf).length;
  for (const text of ["", "{", '{"head":7}', '{"head":"nowhere"}']) {
    relay.say(`event: heartbeat\ndata: ${text}\n\n`);
    await pass(100);
  }
  expect(asked(pullsOf).length - before).toBe(4);
});

test("W-02 a stream that is lost makes it look at once, which tells whether mail still comes", async () => {
  const { relay, pass, client } = virtualRig({ everyMs: 3_600_000 });
  await pass(5_000);
  relay.streamAnswer = { status: 503 };
  relay.hangUp();
  await pass(100);
  expect(client.state).toMatchObject({ kind: "degraded", without: "stream" });
});

test("a message that is sent again under its key is sent once: meanwhile, afterwards, and by the next life", async () => {
  const { client, pass, events, store, asked, clock } = virtualRig();
  const to = somebody().publicKey;
  const send = (key?: string) => client.send({ to, type: "note", data: 7, ...(key && { key }) });
  const [first, meanwhile] = await Promise.all([send("order 7"), send("order 7")]);
  expect(meanwhile).toEqual(first);
  await pass(1_000);
  expect(await send("order 7")).toEqual(first);
  expect(await send("order 8")).toMatchObject({ sequence: 2 });
  expect(await send()).toMatchObject({ sequence: 3 });
  await pass(1_000);
  expect(events.filter(({ type }) => type === "posted")).toHaveLength(3);
  expect(asked("POST /v1/events/mine")).toHaveLength(3);
  const next = virtualRig({ store, clock });
  expect(await next.client.send({ to, type: "note", data: 7, key: "order 7" })).toEqual(first);
  for (const key of ["", "k".repeat(257)]) {
    await expect(client.send({ to, type: "note", key })).rejects.toThrow(TypeError);
  }
});
