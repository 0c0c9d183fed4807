import { asyncFailpoint } from "@holdfast/runtime/failpoints";
import { fullness, idReused, noSuchSlot } from "../refusals.ts";
import type { AppendOutcome, NewEvent, SlotQuota } from "../relay-store.ts";
import { ownSlotOf, slotColumns } from "./own-slot.ts";
import type { Session } from "./session.ts";

const lockSlot = `SELECT ${slotColumns} FROM holdfast_relay.slot WHERE name = $1 FOR UPDATE`;
const findEarlier = `
  SELECT seq, sender, id, envelope FROM holdfast_relay.event
  WHERE slot = $1 AND (sender, id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`;
const insert = `
  INSERT INTO holdfast_relay.event (slot, seq, sender, id, at, bytes, envelope)
  SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::integer[], $7::bytea[])`;
const grow = "UPDATE holdfast_relay.slot SET head = $2, events = $3, bytes = $4 WHERE id = $1";

interface Placed {
  readonly seq: number;
  readonly envelope: Uint8Array;
  readonly event: NewEvent | undefined;
}

/**
 * Appends events of one slot in the transaction of `session`. The slot's row is locked first: its counter gives the
 * sequences, and until the commit nobody else's events come into being behind these.
 */
export async function appendBatch(
  session: Session,
  events: readonly NewEvent[],
  quota: SlotQuota,
): Promise<readonly (AppendOutcome | Error)[]> {
  const [first] = events;
  if (first === undefined) return [];
  const [row] = await session.query(lockSlot, [first.slot]);
  if (row === undefined) return events.map((event) => noSuchSlot(event.slot));
  const slot = ownSlotOf(row);
  let { head, events: count, bytes } = slot;

  const senders = events.map(({ sender }) => sender);
  const ids = events.map(({ id }) => id);
  const there = new Map<string, Placed>();
  for (const earlier of await session.query(findEarlier, [slot.key, senders, ids])) {
    const envelope = earlier["envelope"] as Uint8Array;
    const key = `${String(earlier["sender"])} ${String(earlier["id"])}`;
    there.set(key, { seq: Number(earlier["seq"]), envelope, event: undefined });
  }

  const outcomes = events.map((event): AppendOutcome | Error => {
    const key = `${event.sender} ${event.id}`;
    const earlier = there.get(key);
    if (earlier !== undefined) {
      if (Buffer.compare(earlier.envelope, event.envelope) !== 0) return idReused(event);
      return { kind: "repeated", cursor: { epoch: slot.epoch, seq: earlier.seq } };
    }
    const full = fullness({ name: slot.name, events: count, bytes }, event.envelope.length, quota);
    if (full !== undefined) return full;
    head++;
    count++;
    bytes += event.envelope.length;
    there.set(key, { seq: head, envelope: event.envelope, event });
    return { kind: "stored", cursor: { epoch: slot.epoch, seq: head } };
  });

  const added = [...there.values()].flatMap(({ seq, event }) =>
    event === undefined ? [] : [{ seq, event }],
  );
  if (added.length > 0) {
    await session.query(insert, [
      slot.key,
      added.map(({ seq }) => seq),
      added.map(({ event }) => event.sender),
      added.map(({ event }) => event.id),
      added.map(({ event }) => event.at),
      added.map(({ event }) => event.envelope.length),
      added.map(({ event }) => Buffer.from(event.envelope)),
    ]);
    await asyncFailpoint("relay.append.inserted");
    await session.query(grow, [slot.key, head, count, bytes]);
  }
  await asyncFailpoint("relay.append.commit");
  return outcomes;
}
