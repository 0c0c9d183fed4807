import type { DatabaseSync, StatementSync } from "node:sqlite";

const texts = {
  findSlot: "SELECT * FROM slot WHERE name = ?",
  findHead: "SELECT epoch, head FROM slot WHERE name = ?",
  createSlot:
    "INSERT INTO slot (name, epoch, head, trimmed, was_read, events, bytes, created_at) VALUES (?, ?, 0, 0, 0, 0, 0, ?)",
  dropSlot: "DELETE FROM slot WHERE name = ?",
  dropEvents: "DELETE FROM event WHERE slot = ?",
  dropTokens: "DELETE FROM token WHERE slot = ?",
  listSlots: "SELECT * FROM slot WHERE name > ? ORDER BY name LIMIT ?",
  toTrim: `SELECT name FROM slot AS s WHERE events > 0 AND ((bytes > ? AND was_read > trimmed)
    OR (SELECT at FROM event WHERE slot = s.id ORDER BY seq LIMIT 1) < ?)`,
  noteRead: "UPDATE slot SET was_read = max(was_read, min(head, ?)) WHERE name = ?",
  readEvents:
    "SELECT seq, sender, id, at, envelope FROM event WHERE slot = ? AND seq > ? ORDER BY seq LIMIT ?",
  putToken: "INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?, ?, ?)",
  countAlike:
    "SELECT count(*) AS count FROM token WHERE scope = ? AND slot IS ? AND sender IS ? AND id <> ? AND (expires_at IS NULL OR expires_at > ?)",
  findToken: "SELECT * FROM token WHERE hash = ?",
  getToken: "SELECT * FROM token WHERE id = ?",
  listTokens: "SELECT * FROM token WHERE slot IS ? ORDER BY created_at, id",
  dropToken: "DELETE FROM token WHERE id = ?",
  dropExpired: "DELETE FROM token WHERE expires_at < ?",
  usage:
    "SELECT count(*) AS slots, coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes FROM slot",
  touch: "UPDATE slot SET head = head WHERE id = (SELECT min(id) FROM slot)",
} as const;

export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>;

export function prepareStatements(database: DatabaseSync): Statements {
  const entries = Object.entries(texts).map(([name, text]) => [name, database.prepare(text)] as const);
  return Object.fromEntries(entries) as Statements;
}
