import type { DatabaseSync } from "node:sqlite";
import { HoldfastError } from "@holdfast/runtime";

const version = 1;

const tables = `
  CREATE TABLE slot (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
    head INTEGER NOT NULL, trimmed INTEGER NOT NULL, was_read INTEGER NOT NULL,
    events INTEGER NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE event (
    slot INTEGER NOT NULL, seq INTEGER NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL,
    at INTEGER NOT NULL, envelope BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX event_place ON event (slot, seq);
  CREATE UNIQUE INDEX event_id ON event (slot, sender, id);
  CREATE TABLE token (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, scope TEXT NOT NULL, slot TEXT, sender TEXT,
    created_at INTEGER NOT NULL, expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX token_slot ON token (slot);
`;

/** Makes the tables where there are none. Throws `STORE_TOO_NEW` when a later version made them. */
export function migrate(database: DatabaseSync, path: string): void {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (found > version) {
    throw new HoldfastError(
      "STORE_TOO_NEW",
      `${path} was written by a later version of Holdfast (schema ${found}, this one knows ${version}); run that one`,
      { details: { version: found, known: version } },
    );
  }
  if (found === 0) database.exec(`BEGIN IMMEDIATE; ${tables} PRAGMA user_version = ${version}; COMMIT;`);
}
