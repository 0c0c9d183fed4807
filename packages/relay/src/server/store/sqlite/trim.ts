import type { DatabaseSync } from "node:sqlite";
import type { TrimRule } from "../relay-store.ts";
import { inTransaction } from "./transaction.ts";

/** As many events go in one transaction: nobody who appends waits for more. */
const mostAtOnce = 1_000;

interface Trimmable {
  readonly key: number;
  readonly trimmed: number;
  readonly wasRead: number;
  readonly bytes: number;
}

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
      const slot: Trimmable = {
        key: Number(row["id"]),
        trimmed: Number(row["trimmed"]),
        wasRead: Number(row["was_read"]),
        bytes: Number(row["bytes"]),
      };
      let [upTo, count, bytes] = [slot.trimmed, 0, 0];
      for (const event of oldest.iterate(slot.key, slot.trimmed, mostAtOnce)) {
        const seq = Number(event["seq"]);
        const isOld = Number(event["at"]) < rule.before;
        const isSpare = seq <= slot.wasRead && slot.bytes - bytes > rule.keepBytes;
        if (!isOld && !isSpare) break;
        upTo = seq;
        count++;
        bytes += Number(event["bytes"]);
      }
      if (count === 0) return 0;
      remove.run(slot.key, slot.trimmed, upTo);
      shrink.run(upTo, count, bytes, slot.key);
      return count;
    });
}
