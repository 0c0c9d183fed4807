import type { TrimRule } from "../relay-store.ts";
import { mostTrimmedAtOnce, trimmable } from "../trimmable.ts";
import type { Session, Sessions } from "./session.ts";

const due = `
  SELECT name FROM holdfast_relay.slot AS s WHERE events > 0 AND ((bytes > $2 AND was_read > trimmed)
    OR (SELECT at FROM holdfast_relay.event WHERE slot = s.id ORDER BY seq LIMIT 1) < $1)`;
// Of relays that trim at once, each slot has one.
const lockSlot = `
  SELECT id, trimmed, was_read, bytes FROM holdfast_relay.slot WHERE name = $1 FOR UPDATE SKIP LOCKED`;
const oldest = "SELECT seq, at, bytes FROM holdfast_relay.event WHERE slot = $1 ORDER BY seq LIMIT $2";
const remove = "DELETE FROM holdfast_relay.event WHERE slot = $1 AND seq <= $2";
const shrink = `
  UPDATE holdfast_relay.slot SET trimmed = $2, events = events - $3, bytes = bytes - $4 WHERE id = $1`;

/** Trims every slot that has something to be trimmed. Resolves to the number of events that went. */
export async function trimAll(sessions: Sessions, rule: TrimRule): Promise<number> {
  let trimmed = 0;
  for (const row of await sessions.query(due, [rule.before, rule.keepBytes])) {
    for (;;) {
      const count = await sessions.transaction((session) => trimOne(session, String(row["name"]), rule));
      if (count === 0) break;
      trimmed += count;
    }
  }
  return trimmed;
}

async function trimOne(session: Session, name: string, rule: TrimRule): Promise<number> {
  const [row] = await session.query(lockSlot, [name]);
  if (row === undefined) return 0;
  const slot = {
    trimmed: Number(row["trimmed"]),
    wasRead: Number(row["was_read"]),
    bytes: Number(row["bytes"]),
  };
  const events = (await session.query(oldest, [row["id"], mostTrimmedAtOnce])).map((each) => ({
    seq: Number(each["seq"]),
    at: Number(each["at"]),
    bytes: Number(each["bytes"]),
  }));
  const { upTo, count, bytes } = trimmable(slot, events, rule);
  if (count === 0) return 0;
  await session.query(remove, [row["id"], upTo]);
  await session.query(shrink, [row["id"], upTo, count, bytes]);
  return count;
}
