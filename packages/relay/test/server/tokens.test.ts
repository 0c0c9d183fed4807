import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MintedToken, SlotList, SlotStatus, TokenList } from "@holdfast/relay/protocol";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, onTestFinished, test } from "vitest";
import { openRelay } from "./open-relay.ts";

test("W-11: each token does what it is for, in its own slot, and nothing else", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  const other = await relay.slot("bob");
  const slotAdmin = await relay.mint({ scope: "admin", slot: "alice" });
  const status = async (method: string, path: string, token: string, body?: unknown) =>
    (await relay.ask(method, path, { token, body, headers: { "Idempotency-Key": "k".repeat(20) } })).status;
  const table = async (token: string) => [
    await status("GET", "/v1/events/alice", token),
    await status("POST", "/v1/events/alice", token, {}),
    await status("GET", "/v1/slots/alice", token),
    await status("GET", "/v1/slots", token),
    await status("GET", "/v1/tokens?slot=alice", token),
    await status("GET", "/v1/tokens", token),
    await status("GET", "/metrics", token),
  ];
  expect(await table(read)).toEqual([200, 403, 200, 403, 403, 403, 403]);
  expect(await table(post)).toEqual([403, 201, 403, 403, 403, 403, 403]);
  expect(await table(other.read)).toEqual([403, 403, 403, 403, 403, 403, 403]);
  expect(await table(other.post)).toEqual([403, 403, 403, 403, 403, 403, 403]);
  expect(await table(slotAdmin)).toEqual([403, 403, 200, 403, 200, 403, 403]);
  expect(await table(relay.admin)).toEqual([403, 403, 200, 200, 200, 200, 200]);
  expect(await table("hfr_".padEnd(47, "x"))).toEqual(Array.from({ length: 7 }, () => 401));
});

test.each(["", "Bearer", "Bearer ", "Basic YWxpY2U6", "Bearer nonsense", "Bearer a b"])(
  "Authorization %j is refused with 401 and says how",
  async (authorization) => {
    const relay = await openRelay();
    await relay.slot("alice");
    const refused = await relay.ask("GET", "/v1/events/alice", { headers: { Authorization: authorization } });
    expect([refused.status, refused.headers["www-authenticate"], refused.json()]).toMatchObject([
      401,
      "Bearer",
      { error: { code: "UNAUTHORISED" } },
    ]);
  },
);

test("a token in the query is none", async () => {
  const relay = await openRelay();
  const { read } = await relay.slot("alice");
  expect((await relay.ask("GET", `/v1/events/alice?token=${read}&access_token=${read}`)).status).toBe(401);
});

test("during a rotation two tokens live; a third is minted only once one is revoked", async () => {
  const relay = await openRelay();
  const { read } = await relay.slot("alice");
  const second = await relay.mint({ scope: "read", slot: "alice" });
  const third = await relay.ask("POST", "/v1/tokens", {
    token: relay.admin,
    body: { scope: "read", slot: "alice" },
  });
  expect([third.status, third.json()]).toMatchObject([409, { error: { code: "TOO_MANY_TOKENS" } }]);
  const pull = async (token: string) => (await relay.ask("GET", "/v1/events/alice", { token })).status;
  expect([await pull(read), await pull(second)]).toEqual([200, 200]);
  const list = (await relay.ask("GET", "/v1/tokens?slot=alice", { token: relay.admin })).json<TokenList>();
  const oldest = list.tokens.find(({ scope }) => scope === "read");
  expect((await relay.ask("DELETE", `/v1/tokens/${oldest?.id}`, { token: relay.admin })).status).toBe(204);
  expect([await pull(read), await pull(second)].sort()).toEqual([200, 401]);
  expect(await pull(await relay.mint({ scope: "read", slot: "alice" }))).toBe(200);
});

test("a token is good until the moment it expires", async () => {
  const clock = new VirtualClock();
  const relay = await openRelay({ clock });
  await relay.slot("alice");
  const short = await relay.mint({ scope: "read", slot: "alice", expiresInMs: 1_000 });
  const pull = async () => (await relay.ask("GET", "/v1/events/alice", { token: short })).status;
  await clock.advance(999);
  expect(await pull()).toBe(200);
  await clock.advance(1);
  expect(await pull()).toBe(401);
});

test("who administers one slot mints and revokes there, and nowhere else", async () => {
  const relay = await openRelay();
  await relay.slot("alice");
  const bob = await relay.slot("bob");
  const own = await relay.mint({ scope: "admin", slot: "alice" });
  const mint = (body: unknown) => relay.ask("POST", "/v1/tokens", { token: own, body });
  const minted = await mint({ scope: "post", slot: "alice", sender: "carol" });
  expect(minted.status).toBe(201);
  expect((await mint({ scope: "post", slot: "bob", sender: "carol" })).status).toBe(403);
  expect((await mint({ scope: "admin" })).status).toBe(403);
  const { id } = minted.json<MintedToken>();
  expect((await relay.ask("DELETE", `/v1/tokens/${id}`, { token: own })).status).toBe(204);
  const { tokens } = (
    await relay.ask("GET", "/v1/tokens?slot=bob", { token: relay.admin })
  ).json<TokenList>();
  expect((await relay.ask("DELETE", `/v1/tokens/${tokens[0]?.id}`, { token: own })).status).toBe(403);
  expect((await relay.ask("DELETE", "/v1/tokens/tok_none", { token: own })).status).toBe(404);
  expect((await relay.ask("DELETE", "/v1/tokens/tok_none", { token: bob.read })).status).toBe(403);
  expect((await relay.ask("DELETE", "/v1/slots/alice", { token: own })).status).toBe(403);
});

test("T3: of a token only its hash is on the disk", async () => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-relay-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const relay = await openRelay({ path: join(path, "relay.db") });
  const { read, post } = await relay.slot("alice");
  const files = readdirSync(path).map((name) => readFileSync(join(path, name)));
  expect(Buffer.concat(files).includes("tok_")).toBe(true);
  for (const token of [read, post, relay.admin]) {
    expect(Buffer.concat(files).includes(token)).toBe(false);
    expect(Buffer.concat(files).includes(token.slice(4))).toBe(false);
  }
});

test("slots are made by name or with one that nobody guesses, listed, told of and deleted", async () => {
  const relay = await openRelay();
  const make = (body: unknown) => relay.ask("POST", "/v1/slots", { token: relay.admin, body });
  const drawn = (await make({})).json<SlotStatus>();
  expect(drawn.slot).toMatch(/^[0-9a-f]{32}$/);
  const { read, post } = await relay.slot("alice");
  await relay.post("alice", post, '{"n":1}');
  expect((await relay.ask("GET", "/v1/slots/alice", { token: read })).json<SlotStatus>()).toMatchObject({
    slot: "alice",
    events: 1,
    bytes: 7,
  });
  const again = await make({ slot: "alice" });
  expect([again.status, again.json()]).toMatchObject([409, { error: { code: "SLOT_EXISTS" } }]);
  expect((await make({ slot: "No Name" })).status).toBe(400);
  const list = (await relay.ask("GET", "/v1/slots", { token: relay.admin })).json<SlotList>();
  expect(list.slots.map(({ slot }) => slot).sort()).toEqual([drawn.slot, "alice"].sort());
  expect((await relay.ask("DELETE", "/v1/slots/alice", { token: relay.admin })).status).toBe(204);
  expect((await relay.ask("DELETE", "/v1/slots/alice", { token: relay.admin })).status).toBe(404);
  expect((await relay.ask("GET", "/v1/events/alice", { token: read })).status).toBe(401);
});

test("a slot that is made anew is of another epoch: an old cursor is not taken for one in it", async () => {
  const relay = await openRelay();
  const { post } = await relay.slot("alice");
  const { cursor } = (await relay.post("alice", post, "{}")).json<{ cursor: string }>();
  await relay.ask("DELETE", "/v1/slots/alice", { token: relay.admin });
  const { read } = await relay.slot("alice");
  expect((await relay.ask("GET", `/v1/events/alice?after=${cursor}`, { token: read })).status).toBe(410);
});

test("more slots than there may be are refused, those that are there stay", async () => {
  const relay = await openRelay({ limits: { maxSlots: 1 } });
  await relay.slot("alice");
  const more = await relay.ask("POST", "/v1/slots", { token: relay.admin, body: { slot: "bob" } });
  expect([more.status, more.json()]).toMatchObject([503, { error: { code: "TOO_MANY_SLOTS" } }]);
});
