import type { DatabaseSync } from "node:sqlite";
import type { TrimRule } from "../relay-store.ts";
import type { Row } from "../rows.ts";
import { mostTrimmedAtOnce, trimmable } from "../trimmable.ts";
import { inTransaction } from "./transaction.ts";

/** Trims in steps; each call does one, and says how many events went. */
export function trimmer(database: DatabaseSync): (slot: string, rule: TrimRule) => number {
  const findSlot = database.prepare("SELECT id, trimmed, was_read, bytes FROM slot WHERE name = ?");
  const oldest = database.prepare(
    "SELECT seq, at, length(envelope) AS bytes FROM event WHERE slot = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  const remove = database.prepare("DELETE FROM event WHERE slot = ? AND seq > ? AND seq <= ?");
  const shrink = database.prepare(
    "UPDATE slot SET trimmed = ?, events = events - ?, bytes = bytes - ? WHERE id = ?",
  );

  return (name, rule) =>
    inTransaction(database, () => {
      const row = findSlot.get(name);
      if (row === undefined) return 0;
      const key = Number(row["id"]);
      const trimmed = Number(row["trimmed"]);
      const slot = { trimmed, wasRead: Number(row["was_read"]), bytes: Number(row["bytes"]) };
      const events = oldest.iterate(key, trimmed, mostTrimmedAtOnce).map(oldEventOf);
      const { upTo, count, bytes } = trimmable(slot, events, rule);
      if (count === 0) return 0;
      remove.run(key, trimmed, upTo);
      shrink.run(upTo, count, bytes, key);
      return count;
    });
}

function oldEventOf(row: Row) {
  return { seq: Number(row["seq"]), at: Number(row["at"]), bytes: Number(row["bytes"]) };
}
