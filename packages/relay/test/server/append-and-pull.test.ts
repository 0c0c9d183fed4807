import type { CursorGone, EventPage } from "@holdfast/relay/protocol";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { openRelay } from "./open-relay.ts";

const key = (text: string) => ({ "Idempotency-Key": text.padEnd(16, "0") });

test("W-11: a posting is answered with its cursor, which comes back with the page that has it", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  const posted = await relay.post("alice", post, '{"payload":"aGVsbG8"}');
  expect(posted.status).toBe(201);
  const { cursor } = posted.json<{ cursor: string }>();
  expect(cursor).toMatch(/^[\w-]{12}:1$/);
  const page = (await relay.ask("GET", "/v1/events/alice", { token: read })).json<EventPage>();
  expect(page).toMatchObject({
    events: [{ cursor, sender: "bob", envelope: '{"payload":"aGVsbG8"}' }],
    next: cursor,
    head: cursor,
    hasMore: false,
  });
});

test("an envelope comes out character by character as it went in, spaces, order, escapes and doubled members too", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  const odd = ' { "b" : 1.0,\n\t"a":"\\u0041\\ud800 ü 💡","a":2, "__proto__":{"x":1} }\n';
  await relay.post("alice", post, odd);
  const { events } = (await relay.ask("GET", "/v1/events/alice", { token: read })).json<EventPage>();
  expect(events[0]?.envelope).toBe(odd);
});

test("the same posting again is answered 200 with the cursor of the first time", async () => {
  const relay = await openRelay();
  const { post } = await relay.slot("alice");
  const first = await relay.post("alice", post, "{}");
  await relay.post("alice", post, '{"other":1}');
  const again = await relay.post("alice", post, "{}");
  expect([again.status, again.json()]).toEqual([200, first.json()]);
  const other = await relay.ask("POST", "/v1/events/alice", {
    token: post,
    body: "{}",
    headers: key("same"),
  });
  const reused = await relay.ask("POST", "/v1/events/alice", {
    token: post,
    body: '{"x":1}',
    headers: key("same"),
  });
  expect([other.status, reused.status, reused.json()]).toMatchObject([
    201,
    409,
    { error: { code: "ID_REUSED" } },
  ]);
});

test("pages follow each other by `next`, without a gap or a repetition", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  for (let index = 0; index < 7; index++) await relay.post("alice", post, `{"n":${index}}`);
  const seen: string[] = [];
  let after = "";
  for (let pages = 1, more = true; more; pages++) {
    const path = `/v1/events/alice?limit=3${after === "" ? "" : `&after=${after}`}`;
    const page = (await relay.ask("GET", path, { token: read })).json<EventPage>();
    seen.push(...page.events.map(({ envelope }) => envelope));
    after = page.next;
    more = page.hasMore;
    expect(page.hasMore).toBe(pages < 3);
  }
  expect(seen).toEqual(Array.from({ length: 7 }, (_, index) => `{"n":${index}}`));
  const empty = (
    await relay.ask("GET", `/v1/events/alice?after=${after}`, { token: read })
  ).json<EventPage>();
  expect(empty).toEqual({ events: [], next: after, head: after, hasMore: false });
});

test("a page of an empty slot has a cursor to go on from", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  const { next, head } = (await relay.ask("GET", "/v1/events/alice", { token: read })).json<EventPage>();
  expect(next).toMatch(/:0$/);
  expect(head).toBe(next);
  await relay.post("alice", post, "{}");
  const page = (await relay.ask("GET", `/v1/events/alice?after=${next}`, { token: read })).json<EventPage>();
  expect(page.events).toHaveLength(1);
});

test("W-13: a cursor that was trimmed or is foreign is answered 410 with where to go on, and never from zero in silence", async () => {
  const clock = new VirtualClock();
  const relay = await openRelay({ clock, retention: { maxAgeMs: 1_000 } });
  const { read, post } = await relay.slot("alice");
  const { cursor } = (await relay.post("alice", post, '{"n":1}')).json<{ cursor: string }>();
  await relay.post("alice", post, '{"n":2}');
  await clock.advance(2_000);
  await relay.post("alice", post, '{"n":3}');
  expect(await relay.relay.trim()).toBe(2);
  const pull = (after: string) => relay.ask("GET", `/v1/events/alice?after=${after}`, { token: read });
  for (const strange of [cursor, "another:1", cursor.replace(":1", ":4")]) {
    const gone = await pull(strange);
    expect([strange, gone.status]).toEqual([strange, 410]);
    expect(gone.json<CursorGone>()).toMatchObject({
      error: { code: "CURSOR_GONE" },
      oldest: cursor.replace(":1", ":2"),
      head: cursor.replace(":1", ":3"),
    });
    const { oldest } = gone.json<CursorGone>();
    expect((await pull(oldest)).json<EventPage>().events.map(({ envelope }) => envelope)).toEqual([
      '{"n":3}',
    ]);
  }
});

test("what is old goes by itself when retention is due", async () => {
  const clock = new VirtualClock();
  const relay = await openRelay({ clock, retention: { maxAgeMs: 1_000, everyMs: 60_000 } });
  const { read, post } = await relay.slot("alice");
  await relay.post("alice", post, "{}");
  await clock.advance(60_000);
  const page = await relay.ask("GET", "/v1/events/alice", { token: read });
  expect(page.json<EventPage>().events).toEqual([]);
});

test("a full slot answers 503 with Retry-After and keeps all it has", async () => {
  const relay = await openRelay({ quota: { maxEvents: 1 } });
  const { read, post } = await relay.slot("alice");
  await relay.post("alice", post, '{"n":1}');
  const full = await relay.post("alice", post, '{"n":2}');
  expect([full.status, full.headers["retry-after"], full.json()]).toMatchObject([
    503,
    "30",
    { error: { code: "SLOT_FULL" } },
  ]);
  const { events } = (await relay.ask("GET", "/v1/events/alice", { token: read })).json<EventPage>();
  expect(events.map(({ envelope }) => envelope)).toEqual(['{"n":1}']);
});

test.each([
  ["no Idempotency-Key", "{}", {}, 400, "BAD_REQUEST"],
  ["a short one", "{}", { "Idempotency-Key": "abc" }, 400, "BAD_REQUEST"],
  ["no JSON", "{", key("a"), 400, "BAD_ENVELOPE"],
  ["an array", "[1]", key("a"), 400, "BAD_ENVELOPE"],
  ["nothing", "", key("a"), 400, "BAD_ENVELOPE"],
  ["more than the relay takes", `{"a":"${"x".repeat(300_000)}"}`, key("a"), 413, "TOO_LARGE"],
  [
    "a form",
    "a=1",
    { ...key("a"), "Content-Type": "application/x-www-form-urlencoded" },
    415,
    "UNSUPPORTED_TYPE",
  ],
  ["something packed", "{}", { ...key("a"), "Content-Encoding": "gzip" }, 415, "UNSUPPORTED_TYPE"],
])("a posting with %s is refused and stores nothing", async (_what, body, headers, status, code) => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  const refused = await relay.ask("POST", "/v1/events/alice", {
    token: post,
    body,
    headers,
  });
  expect([refused.status, refused.json()]).toMatchObject([status, { error: { code } }]);
  const { head } = (await relay.ask("GET", "/v1/events/alice", { token: read })).json<EventPage>();
  expect(head).toMatch(/:0$/);
});

test("bytes that are no UTF-8 are no envelope", async () => {
  const relay = await openRelay();
  const { post } = await relay.slot("alice");
  const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
  const answer = await fetch(`${relay.url}/v1/events/alice`, {
    method: "POST",
    headers: { Authorization: `Bearer ${post}`, "Content-Type": "application/json", ...key("a") },
    body,
  });
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "BAD_ENVELOPE" } }]);
});

test.each(["?after=1", "?after=", "?after=a:b", "?limit=0", "?limit=-1", "?limit=x", "?limit=1e3"])(
  "pulling with %s is refused with 400",
  async (query) => {
    const relay = await openRelay();
    const { read } = await relay.slot("alice");
    expect((await relay.ask("GET", `/v1/events/alice${query}`, { token: read })).status).toBe(400);
  },
);

test("a token that asks too often is told when to come back, others are not held up", async () => {
  const clock = new VirtualClock();
  const relay = await openRelay({ clock, rates: { post: { perSecond: 2, burst: 3 } } });
  const { post } = await relay.slot("alice");
  const carol = await relay.mint({ scope: "post", slot: "alice", sender: "carol" });
  const statuses = [];
  for (let index = 0; index < 4; index++)
    statuses.push((await relay.post("alice", post, `{"n":${index}}`)).status);
  expect(statuses).toEqual([201, 201, 201, 429]);
  const limited = await relay.post("alice", post, '{"n":9}');
  expect([limited.headers["retry-after"], limited.json()]).toMatchObject([
    "1",
    { error: { code: "RATE_LIMITED" } },
  ]);
  expect((await relay.post("alice", carol, "{}")).status).toBe(201);
  await clock.advance(500);
  expect((await relay.post("alice", post, '{"n":9}')).status).toBe(201);
});
