/** `/v1/events/:slot`: append, pull, stream. */
import { asyncFailpoint } from "@holdfast/runtime/failpoints";
import {
  type Appended,
  type Cursor,
  type EventPage,
  eventIdForm,
  formatCursor,
  parseCursor,
} from "../../protocol/index.ts";
import { RelayError } from "../relay-error.ts";
import { headOf, oldestOf } from "../store/place.ts";
import type { TokenRow } from "../store/relay-store.ts";
import { demand } from "./admission.ts";
import { checkEnvelope, readBody } from "./body.ts";
import type { Call, RelayParts } from "./call.ts";
import { replyJson } from "./reply.ts";

const defaultPage = 100;

export async function append(parts: RelayParts, call: Call, slot: string, token: TokenRow): Promise<void> {
  const { store, wakes, readers, counters, clock, limits } = parts;
  demand(token, "post", slot);
  const id = call.request.headers["idempotency-key"];
  if (typeof id !== "string" || !eventIdForm.test(id)) {
    throw new RelayError(
      "BAD_REQUEST",
      "send Idempotency-Key: the envelope's id, 16 to 128 of A–Z a–z 0–9 _ -",
    );
  }
  const envelope = await readBody(call.request, limits.maxEnvelopeBytes);
  checkEnvelope(envelope);
  await asyncFailpoint("relay.post.received");
  const { kind, cursor } = await store.append({
    slot,
    sender: token.sender ?? "",
    id,
    at: clock.now(),
    envelope,
  });
  await asyncFailpoint("relay.post.stored");
  if (kind === "stored") {
    counters.appended++;
    counters.appendedBytes += envelope.length;
    readers.wake(slot, cursor);
    wakes.publish(slot, cursor);
  } else {
    counters.repeated++;
  }
  await asyncFailpoint("relay.post.woken");
  const appended: Appended = { cursor: formatCursor(cursor) };
  replyJson(call.response, kind === "stored" ? 201 : 200, appended);
  await asyncFailpoint("relay.post.replied");
}

export async function pull(parts: RelayParts, call: Call, name: string, token: TokenRow): Promise<void> {
  const { store, counters, limits } = parts;
  demand(token, "read", name);
  const after = cursorIn(call.query.get("after") ?? undefined);
  const limit = limitIn(call.query.get("limit"), limits.maxPageEvents);
  const page = await store.read({ slot: name, after, limit, maxBytes: limits.maxPageBytes });
  const { slot, events } = page;
  if (after !== undefined) store.noteRead(name, after.seq);
  counters.pulls++;
  counters.pulledEvents += events.length;
  const last = events.at(-1);
  const next: Cursor = last === undefined ? (after ?? oldestOf(slot)) : { epoch: slot.epoch, seq: last.seq };
  const reply: EventPage = {
    events: events.map(({ seq, id, sender, at, envelope }) => ({
      cursor: formatCursor({ epoch: slot.epoch, seq }),
      id,
      sender,
      at,
      envelope: Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length).toString("utf8"),
    })),
    next: formatCursor(next),
    head: formatCursor(headOf(slot)),
    hasMore: next.seq < slot.head,
  };
  replyJson(call.response, 200, reply);
}

export async function openStream(
  parts: RelayParts,
  call: Call,
  slot: string,
  token: TokenRow,
): Promise<void> {
  demand(token, "read", slot);
  const { request, response } = call;
  const lastEventId = request.headers["last-event-id"];
  // What is no cursor is none that the reader could have read up to: it is woken at once.
  const known =
    typeof lastEventId === "string" && lastEventId !== ""
      ? (parseCursor(lastEventId) ?? { epoch: "", seq: 0 })
      : undefined;
  await parts.readers.open(slot, response, token, known);
}

function cursorIn(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const cursor = parseCursor(text);
  if (cursor === undefined) throw new RelayError("BAD_CURSOR", "a cursor is EPOCH:SEQ, as the relay gave it");
  return cursor;
}

function limitIn(text: string | null, most: number): number {
  if (text === null) return Math.min(defaultPage, most);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new RelayError("BAD_REQUEST", `limit is a number from 1 to ${most}`);
  return Math.min(limit, most);
}
