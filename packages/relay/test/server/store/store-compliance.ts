/** What every store promises, whatever it is made of. */

import type { NewEvent, RelayStore, SlotQuota, TokenRow } from "@holdfast/relay/server";
import { describe, expect, onTestFinished, test } from "vitest";

export interface StoreUnderTest {
  readonly store: RelayStore;
  /** Opens what is kept once more, as after a restart; the first one is closed. */
  reopen(): Promise<RelayStore>;
  remove(): Promise<void>;
}

export type OpenStore = (quota: SlotQuota) => Promise<StoreUnderTest>;

const roomy: SlotQuota = { maxEvents: 1_000_000, maxBytes: 1_000_000_000 };
const everything = { limit: 1_000, maxBytes: 1_000_000_000, after: undefined };
const hour = 3_600_000;

export function storeCompliance(
  name: string,
  open: OpenStore,
  needs: { readonly skip: string | undefined },
): void {
  describe.skipIf(needs.skip !== undefined)(
    `${name}${needs.skip === undefined ? "" : ` (skipped: needs ${needs.skip})`}`,
    () => {
      const opened = async (
        quota: SlotQuota = roomy,
        ...slots: readonly string[]
      ): Promise<StoreUnderTest> => {
        const under = await open(quota);
        onTestFinished(() => under.remove());
        for (const slot of slots)
          await under.store.createSlot({ name: slot, epoch: `e-${slot}`, createdAt: 1 }, 100);
        return under;
      };

      test("an event has its place in the order of its slot, from 1", async () => {
        const { store } = await opened(roomy, "a", "b");
        expect(await store.append(event("a", "id-1"))).toEqual(stored("e-a", 1));
        expect(await store.append(event("a", "id-2"))).toEqual(stored("e-a", 2));
        expect(await store.append(event("b", "id-1"))).toEqual(stored("e-b", 1));
      });

      test("what is read is what was appended, byte by byte", async () => {
        const { store } = await opened(roomy, "a");
        const envelope = Uint8Array.from({ length: 256 }, (_, index) => index);
        await store.append({ ...event("a", "id-1"), at: 1_234_567_890_123, envelope });
        const { events } = await store.read({ ...everything, slot: "a" });
        expect(events.map((each) => ({ ...each, envelope: [...each.envelope] }))).toEqual([
          { seq: 1, sender: "bob", id: "id-1", at: 1_234_567_890_123, envelope: [...envelope] },
        ]);
      });

      test("a posting that is repeated gets the place of the first time, also after a restart", async () => {
        const under = await opened(roomy, "a");
        await under.store.append(event("a", "id-1"));
        await under.store.append(event("a", "id-2"));
        expect(await under.store.append(event("a", "id-1"))).toEqual({
          ...stored("e-a", 1),
          kind: "repeated",
        });
        const again = await under.reopen();
        expect(await again.append(event("a", "id-1"))).toEqual({ ...stored("e-a", 1), kind: "repeated" });
        expect((await again.findSlot("a"))?.events).toBe(2);
      });

      test("a posting that is repeated while the first is under way is stored once", async () => {
        const { store } = await opened(roomy, "a");
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, () => store.append(event("a", "id-1"))),
        );
        expect(outcomes.filter(({ kind }) => kind === "stored")).toHaveLength(1);
        expect(new Set(outcomes.map(({ cursor }) => cursor.seq))).toEqual(new Set([1]));
      });

      test("other bytes under the same id of the same sender are refused, those of another sender are not", async () => {
        const { store } = await opened(roomy, "a");
        await store.append(event("a", "id-1"));
        const other = { ...event("a", "id-1"), envelope: Buffer.from("{}") };
        await expect(store.append(other)).rejects.toMatchObject({ code: "ID_REUSED" });
        expect(await store.append({ ...other, sender: "mallory" })).toEqual(stored("e-a", 2));
      });

      test("of appends at once each has its own place, without a gap", async () => {
        const { store } = await opened(roomy, "a", "b");
        const outcomes = await Promise.all(
          Array.from({ length: 600 }, (_, index) =>
            store.append(event(index % 3 === 0 ? "b" : "a", `id-${index}`)),
          ),
        );
        const places = (epoch: string) =>
          outcomes
            .flatMap(({ cursor }) => (cursor.epoch === epoch ? [cursor.seq] : []))
            .sort((x, y) => x - y);
        expect(places("e-a")).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
        expect(places("e-b")).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
        expect(await store.usage()).toMatchObject({ slots: 2, events: 600 });
      });

      test("one refused append of many at once spoils no other", async () => {
        const { store } = await opened(roomy, "a");
        const [good, bad, also] = await Promise.allSettled([
          store.append(event("a", "id-1")),
          store.append(event("nowhere", "id-1")),
          store.append(event("a", "id-2")),
        ]);
        expect([good.status, also.status]).toEqual(["fulfilled", "fulfilled"]);
        expect(bad).toMatchObject({ reason: { code: "NO_SUCH_SLOT" } });
      });

      test("a page ends at its limit and its bytes, and has one event at least", async () => {
        const { store } = await opened(roomy, "a");
        for (const id of ["id-1", "id-2", "id-3"]) await store.append(event("a", id));
        const size = event("a", "id-1").envelope.length;
        const seqs = async (limit: number, maxBytes: number, after = 0) => {
          const { events } = await store.read({
            slot: "a",
            after: { epoch: "e-a", seq: after },
            limit,
            maxBytes,
          });
          return events.map(({ seq }) => seq);
        };
        expect(await seqs(2, 1_000_000)).toEqual([1, 2]);
        expect(await seqs(9, size * 2)).toEqual([1, 2]);
        expect(await seqs(9, 1)).toEqual([1]);
        expect(await seqs(9, 1_000_000, 2)).toEqual([3]);
        expect(await seqs(9, 1_000_000, 3)).toEqual([]);
      });

      test("W-13: a place that is not known is told with the oldest one: another epoch, trimmed, or beyond the head", async () => {
        const { store } = await opened(roomy, "a");
        for (const [index, id] of ["id-1", "id-2", "id-3"].entries())
          await store.append({ ...event("a", id), at: index });
        await store.trim({ before: 2, keepBytes: 1_000_000 });
        const gone = { code: "CURSOR_GONE", details: { body: { oldest: "e-a:2", head: "e-a:3" } } };
        for (const after of [
          { epoch: "other", seq: 3 },
          { epoch: "e-a", seq: 1 },
          { epoch: "e-a", seq: 4 },
        ])
          await expect(store.read({ ...everything, slot: "a", after })).rejects.toMatchObject(gone);
        const { events } = await store.read({ ...everything, slot: "a" });
        expect(events.map(({ seq }) => seq)).toEqual([3]);
        await expect(store.read({ ...everything, slot: "b" })).rejects.toMatchObject({
          code: "NO_SUCH_SLOT",
        });
      });

      test("a full slot refuses, loses nothing, and takes more once there is room", async () => {
        const { store } = await opened({ maxEvents: 2, maxBytes: 1_000_000 }, "a");
        await store.append({ ...event("a", "id-1"), at: 1 });
        await store.append({ ...event("a", "id-2"), at: 2 });
        await expect(store.append(event("a", "id-3"))).rejects.toMatchObject({ code: "SLOT_FULL" });
        expect(await store.append({ ...event("a", "id-1"), at: 9 })).toMatchObject({ kind: "repeated" });
        expect((await store.read({ ...everything, slot: "a" })).events).toHaveLength(2);
        expect(await store.trim({ before: 2, keepBytes: 1_000_000 })).toBe(1);
        expect(await store.append(event("a", "id-3"))).toEqual(stored("e-a", 3));
      });

      test("bytes are counted as well as events", async () => {
        const size = event("a", "id-1").envelope.length;
        const { store } = await opened({ maxEvents: 1_000, maxBytes: size * 2 }, "a");
        const results = await Promise.allSettled(
          ["id-1", "id-2", "id-3"].map((id) => store.append(event("a", id))),
        );
        expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
        expect((await store.findSlot("a"))?.bytes).toBe(size * 2);
      });

      test("by size only what was read is trimmed, the oldest first", async () => {
        const { store } = await opened(roomy, "a");
        for (const id of ["id-1", "id-2", "id-3", "id-4"])
          await store.append({ ...event("a", id), at: hour });
        const size = event("a", "id-1").envelope.length;
        expect(await store.trim({ before: 0, keepBytes: size })).toBe(0);
        store.noteRead("a", 2);
        expect(await store.trim({ before: 0, keepBytes: size })).toBe(2);
        store.noteRead("a", 4);
        expect(await store.trim({ before: 0, keepBytes: size })).toBe(1);
        expect(await store.findSlot("a")).toMatchObject({ head: 4, trimmed: 3, events: 1, bytes: size });
      });

      test("more than one step's worth of old events is trimmed at once", async () => {
        const { store } = await opened(roomy, "a");
        await Promise.all(
          Array.from({ length: 2_300 }, (_, index) => store.append({ ...event("a", `id-${index}`), at: 1 })),
        );
        expect(await store.trim({ before: 2, keepBytes: 1_000_000 })).toBe(2_300);
        expect(await store.findSlot("a")).toMatchObject({ head: 2_300, trimmed: 2_300, events: 0, bytes: 0 });
      });

      test("the heads of many slots are told at once, those that are not are left out", async () => {
        const { store } = await opened(roomy, "a", "b");
        await store.append(event("b", "id-1"));
        expect(await store.heads(["a", "b", "c"])).toEqual(
          new Map([
            ["a", { epoch: "e-a", seq: 0 }],
            ["b", { epoch: "e-b", seq: 1 }],
          ]),
        );
        expect(await store.heads([])).toEqual(new Map());
      });

      test("slots are made once, within a limit, and listed by name", async () => {
        const { store } = await opened(roomy, "b", "a");
        const make = (slot: string, most: number) =>
          store.createSlot({ name: slot, epoch: "e", createdAt: 5 }, most);
        await expect(make("a", 100)).rejects.toMatchObject({ code: "SLOT_EXISTS" });
        await expect(make("c", 2)).rejects.toMatchObject({ code: "TOO_MANY_SLOTS" });
        expect(await make("c", 3)).toEqual({
          name: "c",
          epoch: "e",
          head: 0,
          trimmed: 0,
          events: 0,
          bytes: 0,
          createdAt: 5,
        });
        expect((await store.listSlots("", 2)).map((slot) => slot.name)).toEqual(["a", "b"]);
        expect((await store.listSlots("b", 2)).map((slot) => slot.name)).toEqual(["c"]);
      });

      test("a slot that is deleted takes its events and tokens with it, and comes back empty", async () => {
        const { store } = await opened(roomy, "a", "b");
        await store.append(event("a", "id-1"));
        await store.putToken(token("t-1", { slot: "a" }), 2);
        await store.putToken(token("t-2", { slot: "b" }), 2);
        expect(await store.deleteSlot("a")).toBe(true);
        expect(await store.deleteSlot("a")).toBe(false);
        expect(await store.existingTokens(["t-1", "t-2"])).toEqual(new Set(["t-2"]));
        await store.createSlot({ name: "a", epoch: "e-2", createdAt: 2 }, 100);
        expect((await store.read({ ...everything, slot: "a" })).events).toEqual([]);
        expect(await store.append(event("a", "id-1"))).toEqual(stored("e-2", 1));
      });

      test("a token is found by its hash, listed with its slot, and dropped by its id", async () => {
        const { store } = await opened(roomy, "a");
        const posting = token("t-1", { scope: "post", slot: "a", sender: "bob", expiresAt: 99 });
        const admin = token("t-2", { scope: "admin" });
        await store.putToken(posting, 2);
        await store.putToken(admin, 2);
        expect(plain(await store.findToken(posting.hash))).toEqual(plain(posting));
        expect(plain(await store.getToken("t-2"))).toEqual(plain(admin));
        expect((await store.listTokens("a")).map(({ id }) => id)).toEqual(["t-1"]);
        expect((await store.listTokens(undefined)).map(({ id }) => id)).toEqual(["t-2"]);
        expect(await store.dropToken("t-1")).toBe(true);
        expect(await store.dropToken("t-1")).toBe(false);
        expect(await store.findToken(posting.hash)).toBeUndefined();
      });

      test("two tokens of a kind live at once, a third only after one has gone or expired", async () => {
        const { store } = await opened(roomy, "a");
        const alike = (id: string, more: Partial<TokenRow> = {}) =>
          store.putToken(token(id, { scope: "post", slot: "a", sender: "bob", createdAt: 10, ...more }), 2);
        await alike("t-1");
        await alike("t-2", { expiresAt: 20 });
        await expect(alike("t-3")).rejects.toMatchObject({ code: "TOO_MANY_TOKENS" });
        await alike("t-4", { sender: "carol" });
        await alike("t-1");
        await alike("t-3", { createdAt: 20 });
        await expect(alike("t-5", { createdAt: 20 })).rejects.toMatchObject({ code: "TOO_MANY_TOKENS" });
        await expect(alike("t-6", { slot: "nowhere" })).rejects.toMatchObject({ code: "NO_SUCH_SLOT" });
      });

      test("a token that expired long ago is swept", async () => {
        const { store } = await opened(roomy, "a");
        await store.putToken(token("t-1", { slot: "a", expiresAt: 50 }), 2);
        await store.putToken(token("t-2", { slot: "a", expiresAt: 150 }), 2);
        await store.trim({ before: 100, keepBytes: 1 });
        expect(await store.existingTokens(["t-1", "t-2"])).toEqual(new Set(["t-2"]));
      });

      test("all of it is there after a restart, and goes on", async () => {
        const under = await opened(roomy, "a");
        await under.store.append(event("a", "id-1"));
        await under.store.putToken(token("t-1", { slot: "a" }), 2);
        const again = await under.reopen();
        expect(await again.findSlot("a")).toMatchObject({ epoch: "e-a", head: 1, events: 1 });
        expect(await again.existingTokens(["t-1"])).toEqual(new Set(["t-1"]));
        expect(await again.append(event("a", "id-2"))).toEqual(stored("e-a", 2));
      });

      test("it is ready, and not once it is closed", async () => {
        const { store } = await opened(roomy, "a");
        await store.ready();
        await store[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
        await expect(store.ready()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
        await expect(store.append(event("a", "id-1"))).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      });
    },
  );
}

function event(slot: string, id: string): NewEvent {
  return {
    slot,
    sender: "bob",
    id,
    at: hour,
    envelope: Buffer.from(JSON.stringify({ payload: "aGVsbG8", id: "x" })),
  };
}

function stored(epoch: string, seq: number) {
  return { kind: "stored", cursor: { epoch, seq } };
}

function token(id: string, more: Partial<TokenRow>): TokenRow {
  const hash = new Uint8Array(32);
  hash.set(Buffer.from(id));
  return {
    id,
    hash,
    scope: "read",
    slot: undefined,
    sender: undefined,
    createdAt: 1,
    expiresAt: undefined,
    ...more,
  };
}

function plain(found: TokenRow | undefined) {
  return found && { ...found, hash: [...found.hash] };
}
