import { eventPageSchema, mintTokenSchema } from "@holdfast/relay/protocol";
import { safeParse } from "valibot";
import { expect, test } from "vitest";

test.each([
  { scope: "read", slot: "alice" },
  { scope: "post", slot: "alice", sender: "bob@laptop" },
  { scope: "admin" },
  { scope: "admin", slot: "alice", expiresInMs: 60_000 },
])("%j can be minted", (token) => {
  expect(safeParse(mintTokenSchema, token).success).toBe(true);
});

test.each([
  { scope: "read" },
  { scope: "post", slot: "alice" },
  { scope: "read", slot: "alice", sender: "bob" },
  { scope: "write", slot: "alice" },
  { scope: "read", slot: "../alice" },
  { scope: "read", slot: "alice", expiresInMs: 0 },
  { scope: "read", slot: "alice", extra: 1 },
])("%j cannot be minted", (token) => {
  expect(safeParse(mintTokenSchema, token).success).toBe(false);
});

test("a page with a member that a later relay adds is read, one without a cursor is not", () => {
  const page = { events: [], next: "e:1", head: "e:1", hasMore: false };
  expect(safeParse(eventPageSchema, { ...page, shard: 3 }).success).toBe(true);
  expect(safeParse(eventPageSchema, { ...page, next: "1" }).success).toBe(false);
});
