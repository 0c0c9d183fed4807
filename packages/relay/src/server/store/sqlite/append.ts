import type { DatabaseSync } from "node:sqlite";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { Cursor } from "../../../protocol/index.ts";
import { fullness, idReused, noSuchSlot } from "../refusals.ts";
import type { AppendOutcome, HeadListener, NewEvent, SlotQuota } from "../relay-store.ts";
import { type OwnSlotRow, ownSlotOf } from "./own-slot.ts";
import { inTransaction } from "./transaction.ts";

/**
 * Writes batches of events, each in one transaction; what is returned is on the disk. `foretell` is told of the new heads
 * just before.
 */
export function appender(
  database: DatabaseSync,
  quota: SlotQuota,
  foretell: HeadListener,
): (events: readonly NewEvent[]) => readonly (AppendOutcome | Error)[] {
  const findSlot = database.prepare("SELECT * FROM slot WHERE name = ?");
  const findEvent = database.prepare(
    "SELECT seq, envelope FROM event WHERE slot = ? AND sender = ? AND id = ?",
  );
  const insert = database.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)");
  const grow = database.prepare("UPDATE slot SET head = ?, events = ?, bytes = ? WHERE id = ?");

  const appendOne = (event: NewEvent, slot: OwnSlotRow): [AppendOutcome | Error, OwnSlotRow] => {
    const { epoch, key } = slot;
    const earlier = findEvent.get(key, event.sender, event.id);
    if (earlier !== undefined) {
      if (Buffer.compare(earlier["envelope"] as Uint8Array, event.envelope) !== 0)
        return [idReused(event), slot];
      return [{ kind: "repeated", cursor: { epoch, seq: Number(earlier["seq"]) } }, slot];
    }
    const bytes = event.envelope.length;
    const full = fullness(slot, bytes, quota);
    if (full !== undefined) return [full, slot];
    const seq = slot.head + 1;
    insert.run(key, seq, event.sender, event.id, event.at, event.envelope);
    const grown = { ...slot, head: seq, events: slot.events + 1, bytes: slot.bytes + bytes };
    return [{ kind: "stored", cursor: { epoch, seq } }, grown];
  };

  const write = (events: readonly NewEvent[], committing: HeadListener): readonly (AppendOutcome | Error)[] =>
    inTransaction(database, () => {
      const slots = new Map<string, OwnSlotRow | undefined>();
      const found = events.map((event) => {
        if (!slots.has(event.slot)) {
          const row = findSlot.get(event.slot);
          slots.set(event.slot, row && ownSlotOf(row));
        }
        const slot = slots.get(event.slot);
        if (slot === undefined) return noSuchSlot(event.slot);
        const [outcome, next] = appendOne(event, slot);
        slots.set(event.slot, next);
        failpoint("relay.append.inserted");
        return outcome;
      });
      const heads = new Map<string, Cursor>();
      for (const [name, slot] of slots) {
        if (slot === undefined) continue;
        grow.run(slot.head, slot.events, slot.bytes, slot.key);
        heads.set(name, { epoch: slot.epoch, seq: slot.head });
      }
      committing(heads);
      failpoint("relay.append.commit");
      return found;
    });

  return (events) => {
    failpoint("relay.append.begin");
    let takeBack = (): void => undefined;
    let outcomes: readonly (AppendOutcome | Error)[];
    try {
      outcomes = write(events, (heads) => (takeBack = foretell(heads)));
    } catch (error) {
      takeBack();
      throw error;
    }
    failpoint("relay.append.committed");
    return outcomes;
  };
}
