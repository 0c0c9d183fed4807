import { HoldfastError } from "@holdfast/runtime";
import type { Session } from "./session.ts";

const version = 1;

const tables = `
  CREATE TABLE holdfast_relay.slot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, epoch text NOT NULL,
    head bigint NOT NULL DEFAULT 0, trimmed bigint NOT NULL DEFAULT 0, was_read bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0, bytes bigint NOT NULL DEFAULT 0, created_at bigint NOT NULL
  );
  CREATE TABLE holdfast_relay.event (
    slot bigint NOT NULL, seq bigint NOT NULL, sender text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
    at bigint NOT NULL, bytes integer NOT NULL, envelope bytea NOT NULL,
    PRIMARY KEY (slot, seq), UNIQUE (slot, sender, id)
  );
  CREATE TABLE holdfast_relay.token (
    id text PRIMARY KEY, hash bytea NOT NULL UNIQUE, scope text NOT NULL, slot text COLLATE "C", sender text,
    created_at bigint NOT NULL, expires_at bigint
  );
  CREATE INDEX token_slot ON holdfast_relay.token (slot);
  CREATE TABLE holdfast_relay.schema_version (version integer NOT NULL);
  INSERT INTO holdfast_relay.schema_version VALUES (${version});
`;

/** Makes the tables where there are none, however many relays begin at once. Throws `STORE_TOO_NEW`. */
export async function migrate(session: Session): Promise<void> {
  await session.query("SELECT pg_advisory_xact_lock(hashtext('holdfast_relay'))");
  await session.query("CREATE SCHEMA IF NOT EXISTS holdfast_relay");
  const [there] = await session.query(
    "SELECT to_regclass('holdfast_relay.schema_version') IS NOT NULL AS is_there",
  );
  if (there?.["is_there"] !== true) {
    await session.query(tables);
    return;
  }
  const [row] = await session.query("SELECT version FROM holdfast_relay.schema_version");
  const found = Number(row?.["version"]);
  if (found <= version) return;
  throw new HoldfastError(
    "STORE_TOO_NEW",
    `the database was made by a later version of Holdfast (schema ${found}, this one knows ${version}); run that one`,
    { details: { version: found, known: version } },
  );
}
