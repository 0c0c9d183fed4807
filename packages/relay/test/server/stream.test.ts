import { defaultQuota, openSqliteStore } from "@holdfast/relay/server";
import { seededRandom } from "@holdfast/runtime";
import { setFailpoints } from "@holdfast/runtime/failpoints";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { openRelay } from "./open-relay.ts";
import { openStream } from "./open-stream.ts";

test("W-14: a stream begins with the head, and then wakes with the cursor of each newest event", async () => {
  const relay = await openRelay({ clock: new VirtualClock() });
  const { read, post } = await relay.slot("alice");
  const first = (await relay.post("alice", post, '{"n":1}')).json<{ cursor: string }>().cursor;
  const stream = await openStream(relay.url, "alice", read);
  expect(stream.response.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  expect(stream.response.headers["access-control-allow-origin"]).toBeUndefined();
  expect(await stream.next()).toEqual({
    event: "hello",
    body: { head: first, epoch: first.split(":")[0], heartbeatMs: 15_000 },
  });
  const second = (await relay.post("alice", post, '{"n":2}')).json<{ cursor: string }>().cursor;
  expect(await stream.next()).toEqual({ event: "wake", id: second, body: { head: second } });
  expect((await relay.post("alice", post, '{"n":2}')).status).toBe(200);
  const third = (await relay.post("alice", post, '{"n":3}')).json<{ cursor: string }>().cursor;
  expect(await stream.next()).toMatchObject({ event: "wake", id: third });
});

test("a wake that comes while the disk is waited for is answered, however soon one pulls, with its event", async () => {
  const relay = await openRelay({ clock: new VirtualClock() });
  const { read, post } = await relay.slot("alice");
  const stream = await openStream(relay.url, "alice", read);
  await stream.next();
  for (let n = 1; n <= 50; n++) {
    const posted = relay.post("alice", post, `{"n":${n}}`);
    const woken = await stream.next();
    const page = await relay.ask("GET", "/v1/events/alice?limit=1000", { token: read });
    expect(woken?.id).toBe(page.json<{ head: string }>().head);
    expect(page.json<{ events: unknown[] }>().events).toHaveLength(n);
    expect((await posted).status).toBe(201);
  }
});

test("an event that could not be stored after it was told of does not hide the one that gets its place", async () => {
  const relay = await openRelay({ clock: new VirtualClock(), onError: () => undefined });
  const { read, post } = await relay.slot("alice");
  const stream = await openStream(relay.url, "alice", read);
  await stream.next();
  const [epoch] = (await relay.ask("GET", "/v1/slots/alice", { token: read }))
    .json<{ head: string }>()
    .head.split(":");
  using _ = setFailpoints("relay.append.commit:1*error(no room)");
  expect((await relay.post("alice", post, '{"n":1}')).status).toBe(503);
  expect(await stream.next()).toMatchObject({ event: "wake", id: `${epoch}:1` });
  expect((await relay.ask("GET", "/v1/events/alice", { token: read })).json()).toMatchObject({
    events: [],
    head: `${epoch}:0`,
  });
  expect((await relay.post("alice", post, '{"n":2}')).status).toBe(201);
  expect(await stream.next()).toMatchObject({ event: "wake", id: `${epoch}:1` });
});

test.each([
  ["the head", ":2", false],
  ["an older cursor", ":1", true],
  ["one beyond the head", ":9", true],
  ["one of another epoch", "other:2", true],
  ["what is no cursor at all", "17", true],
])("with %s as Last-Event-ID (%s) a reader is woken at once: %s", async (_what, id, isWoken) => {
  const relay = await openRelay({ clock: new VirtualClock() });
  const { read, post } = await relay.slot("alice");
  await relay.post("alice", post, '{"n":1}');
  const { cursor } = (await relay.post("alice", post, '{"n":2}')).json<{ cursor: string }>();
  const lastEventId = id.startsWith(":") ? cursor.replace(":2", id) : id;
  const stream = await openStream(relay.url, "alice", read, { "Last-Event-ID": lastEventId });
  await stream.next();
  const third = (await relay.post("alice", post, '{"n":3}')).json<{ cursor: string }>().cursor;
  expect((await stream.next())?.id).toBe(isWoken ? cursor : third);
});

test("heartbeats carry the head, at least as often as was said", async () => {
  const clock = new VirtualClock();
  const relay = await openRelay({ clock, streams: { heartbeatMs: 1_600 } });
  const { read, post } = await relay.slot("alice");
  const { cursor } = (await relay.post("alice", post, "{}")).json<{ cursor: string }>();
  const stream = await openStream(relay.url, "alice", read);
  await stream.next();
  for (let beats = 0; beats < 3; beats++) {
    await clock.advance(1_600);
    expect(await stream.next()).toEqual({ event: "heartbeat", body: { head: cursor } });
  }
});

test("W-14: a wake that was lost heals within one heartbeat", async () => {
  const clock = new VirtualClock();
  const deaf = {
    publish: () => undefined,
    subscribe: () => () => undefined,
    onGap: () => undefined,
    ready: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const store = openSqliteStore({ path: ":memory:", quota: defaultQuota });
  const relay = await openRelay({ clock, store, wakes: deaf, streams: { heartbeatMs: 1_600 } });
  const { read } = await relay.slot("alice");
  const stream = await openStream(relay.url, "alice", read);
  await stream.next();
  // Another relay of the same store took it, and nobody told this one.
  const envelope = Buffer.from("{}");
  const { cursor } = await store.append({
    slot: "alice",
    sender: "bob",
    id: "x".repeat(16),
    at: 1,
    envelope,
  });
  await clock.advance(1_600);
  expect(await stream.next()).toMatchObject({ event: "wake", id: `${cursor.epoch}:1` });
});

test("200 wakes of one slot that come faster than a reader takes them end with the newest", async () => {
  const relay = await openRelay({ rates: { post: { perSecond: 1e6, burst: 1e6 } } });
  const { read, post } = await relay.slot("alice");
  const stream = await openStream(relay.url, "alice", read);
  await Promise.all(Array.from({ length: 200 }, (_, index) => relay.post("alice", post, `{"n":${index}}`)));
  let last: string | undefined;
  while (!last?.endsWith(":200")) last = (await stream.next())?.id;
  expect(stream.seen.filter(({ event }) => event === "wake").length).toBeLessThanOrEqual(200);
});

test("streams beyond the limits are refused with a time to come back at; those that are open stay", async () => {
  const relay = await openRelay({ limits: { maxReaders: 3, maxReadersPerSlot: 2 } });
  const alice = await relay.slot("alice");
  const bob = await relay.slot("bob");
  const there = [
    await openStream(relay.url, "alice", alice.read),
    await openStream(relay.url, "alice", alice.read),
  ];
  await expect(openStream(relay.url, "alice", alice.read)).rejects.toMatchObject({
    status: 503,
    headers: { "retry-after": expect.stringMatching(/^\d+$/) },
  });
  there.push(await openStream(relay.url, "bob", bob.read));
  await expect(openStream(relay.url, "bob", bob.read)).rejects.toMatchObject({ status: 503 });
  await relay.post("alice", alice.post, "{}");
  await relay.post("bob", bob.post, "{}");
  for (const stream of there) {
    expect((await stream.next())?.event).toBe("hello");
    expect((await stream.next())?.event).toBe("wake");
  }
  expect(relay.relay.readers).toBe(3);
});

test("the place of a stream that ended is free again", async () => {
  const relay = await openRelay({ limits: { maxReaders: 1 } });
  const { read } = await relay.slot("alice");
  for (let round = 0; round < 3; round++) {
    const stream = await openStream(relay.url, "alice", read);
    await stream.next();
    stream.close();
    while (relay.relay.readers > 0) await relay.ask("GET", "/healthz");
  }
});

test("a revoked token ends its streams, with a word, and no other's", async () => {
  const relay = await openRelay();
  const { read } = await relay.slot("alice");
  const other = await relay.mint({ scope: "read", slot: "alice" });
  const [one, two] = [
    await openStream(relay.url, "alice", read),
    await openStream(relay.url, "alice", other),
  ];
  await Promise.all([one.next(), two.next()]);
  const { tokens } = (await relay.ask("GET", "/v1/tokens?slot=alice", { token: relay.admin })).json<{
    tokens: { id: string; scope: string }[];
  }>();
  const reading = tokens.filter(({ scope }) => scope === "read");
  await relay.ask("DELETE", `/v1/tokens/${reading[0]?.id}`, { token: relay.admin });
  const ended = await Promise.race([one.ended.then(() => one), two.ended.then(() => two)]);
  expect(ended.seen.at(-1)).toMatchObject({ event: "bye", body: { reason: "revoked" } });
  expect(relay.relay.readers).toBe(1);
});

test("an expired token's stream ends within one heartbeat, and so does one that another relay revoked", async () => {
  const clock = new VirtualClock();
  const store = openSqliteStore({ path: ":memory:", quota: defaultQuota });
  const relay = await openRelay({ clock, store, streams: { heartbeatMs: 1_600 } });
  const { read } = await relay.slot("alice");
  const short = await relay.mint({ scope: "read", slot: "alice", expiresInMs: 2_000 });
  const streams = [await openStream(relay.url, "alice", short), await openStream(relay.url, "alice", read)];
  for (const { id, scope, expiresAt } of await store.listTokens("alice"))
    if (scope === "read" && expiresAt === undefined) await store.dropToken(id);
  await clock.advance(1_600);
  await streams[1]?.ended;
  expect(streams[1]?.seen.at(-1)).toMatchObject({ event: "bye", body: { reason: "revoked" } });
  // It expires at 2,000, and is looked at once in each 1,600.
  await clock.advance(2_000);
  await streams[0]?.ended;
  expect(streams[0]?.seen.at(-1)).toMatchObject({ event: "bye", body: { reason: "revoked" } });
});

test("a slot that is deleted ends its streams with a word", async () => {
  const relay = await openRelay();
  const { read } = await relay.slot("alice");
  const stream = await openStream(relay.url, "alice", read);
  await relay.ask("DELETE", "/v1/slots/alice", { token: relay.admin });
  await stream.ended;
  expect(stream.seen.at(-1)).toMatchObject({ event: "bye", body: { reason: "slot-deleted" } });
});

test("a stop says good-bye to every stream, each with a time of its own to come back at", async () => {
  const relay = await openRelay({ random: seededRandom(7) });
  const { read } = await relay.slot("alice");
  const streams = await Promise.all(Array.from({ length: 40 }, () => openStream(relay.url, "alice", read)));
  await Promise.all(streams.map((stream) => stream.next()));
  await relay.relay.stop();
  await Promise.all(streams.map(({ ended }) => ended));
  const last = streams.map(({ seen }) => seen.at(-1));
  expect(last.map((event) => event?.event)).toEqual(Array.from({ length: 40 }, () => "bye"));
  const retries = last.map((event) => Number(event?.retry));
  expect(Math.min(...retries)).toBeGreaterThanOrEqual(500);
  expect(Math.max(...retries)).toBeLessThanOrEqual(1_500);
  expect(new Set(retries).size).toBeGreaterThan(30);
  // No tenth of the time has more than a third of them.
  const tenths = Map.groupBy(retries, (ms) => Math.floor(ms / 100));
  expect(Math.max(...[...tenths.values()].map(({ length }) => length))).toBeLessThan(14);
});

test("after a stop nothing is left: no timer, no socket, and a second one joins the first", async () => {
  const clock = new VirtualClock();
  const relay = await openRelay({ clock });
  const { read } = await relay.slot("alice");
  const stream = await openStream(relay.url, "alice", read);
  await Promise.all([relay.relay.stop(), relay.relay.stop()]);
  await stream.ended;
  expect(clock.pending).toBe(0);
  await expect(relay.ask("GET", "/healthz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
