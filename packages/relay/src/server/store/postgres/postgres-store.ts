/** Any number of relays on one PostgreSQL database. */
import { asyncFailpoint } from "@holdfast/runtime/failpoints";
import type { Cursor } from "../../../protocol/index.ts";
import { RelayError } from "../../relay-error.ts";
import { Batches } from "../batches.ts";
import { EndOfTurn } from "../end-of-turn.ts";
import { placeAfter } from "../place.ts";
import { noSuchSlot, slotExists, tooManySlots, tooManyTokens } from "../refusals.ts";
import type {
  AppendOutcome,
  NewEvent,
  ReadRequest,
  RelayStore,
  SlotQuota,
  SlotRow,
  StoredPage,
  StoreUsage,
  TokenRow,
  TrimRule,
} from "../relay-store.ts";
import { eventOf, tokenOf } from "../rows.ts";
import { appendBatch } from "./append.ts";
import { ownSlotOf, slotColumns } from "./own-slot.ts";
import { migrate } from "./schema.ts";
import { type Session, Sessions } from "./session.ts";
import { trimAll } from "./trim.ts";

/** What a store in PostgreSQL takes. */
export interface PostgresStoreOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Tables are in the schema `holdfast_relay`, which is made if need be. */
  readonly url: string;
  readonly quota: SlotQuota;
  /** Default 10. */
  readonly maxConnections?: number;
  /** No statement, and no wait for a connection, takes longer. Default 5,000 ms. */
  readonly timeoutMs?: number;
}

/** Connects and makes the tables. Rejects with `STORE_UNAVAILABLE` and `STORE_TOO_NEW`. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<RelayStore> {
  const { url, quota, maxConnections = 10, timeoutMs = 5_000 } = options;
  const sessions = new Sessions({ url, maxConnections, timeoutMs });
  try {
    await sessions.transaction(migrate);
  } catch (error) {
    await sessions[Symbol.asyncDispose]();
    throw error;
  }
  return new PostgresStore(sessions, quota);
}

// A statement of its own is a snapshot of its own: a slot and its events have to come with one.
const readPage = `
  SELECT s.slot_id, s.name, s.epoch, s.head, s.trimmed, s.events, s.bytes, s.created_at,
    e.seq, e.sender, e.id, e.at, e.envelope
  FROM (SELECT ${slotColumns} FROM holdfast_relay.slot WHERE name = $1) AS s
  LEFT JOIN LATERAL (
    SELECT seq, sender, id, at, envelope FROM (
      SELECT seq, sender, id, at, envelope, bytes, sum(bytes) OVER (ORDER BY seq) AS all_bytes, row_number() OVER (ORDER BY seq) AS no
      FROM holdfast_relay.event WHERE slot = s.slot_id AND seq > coalesce($2::bigint, s.trimmed) ORDER BY seq LIMIT $3
    ) AS page WHERE all_bytes <= $4 OR no = 1
  ) AS e ON true ORDER BY e.seq`;

class PostgresStore implements RelayStore {
  readonly #sessions: Sessions;
  readonly #quota: SlotQuota;
  readonly #turn = new EndOfTurn();
  readonly #batches = new Map<string, Batches>();
  readonly #wasRead = new Map<string, number>();

  constructor(sessions: Sessions, quota: SlotQuota) {
    this.#sessions = sessions;
    this.#quota = quota;
  }

  /** Slots are written apart from each other: none waits for the lock of another's row. */
  async append(event: NewEvent): Promise<AppendOutcome> {
    const batches = this.#batches.get(event.slot) ?? this.#newBatches();
    this.#batches.set(event.slot, batches);
    try {
      return await batches.add(event);
    } finally {
      if (batches.isIdle && this.#batches.get(event.slot) === batches) this.#batches.delete(event.slot);
    }
  }

  async read({ slot: name, after, limit, maxBytes }: ReadRequest): Promise<StoredPage> {
    const rows = await this.#sessions.query(readPage, [name, after?.seq ?? null, limit, maxBytes]);
    const [first] = rows;
    if (first === undefined) throw noSuchSlot(name);
    const slot = ownSlotOf(first);
    placeAfter(after, slot);
    return { slot, events: rows.filter((row) => row["seq"] !== null).map(eventOf) };
  }

  async findSlot(name: string): Promise<SlotRow | undefined> {
    const [row] = await this.#sessions.query(
      `SELECT ${slotColumns} FROM holdfast_relay.slot WHERE name = $1`,
      [name],
    );
    return row && ownSlotOf(row);
  }

  async heads(names: readonly string[]): Promise<ReadonlyMap<string, Cursor>> {
    if (names.length === 0) return new Map();
    const text = "SELECT name, epoch, head FROM holdfast_relay.slot WHERE name = ANY ($1)";
    const rows = await this.#sessions.query(text, [names]);
    return new Map(
      rows.map((row) => [String(row["name"]), { epoch: String(row["epoch"]), seq: Number(row["head"]) }]),
    );
  }

  async createSlot(slot: Pick<SlotRow, "name" | "epoch" | "createdAt">, maxSlots: number): Promise<SlotRow> {
    const { name, epoch, createdAt } = slot;
    if ((await this.findSlot(name)) !== undefined) throw slotExists(name);
    if ((await this.usage()).slots >= maxSlots) throw tooManySlots(maxSlots);
    const [made] = await this.#sessions.query(
      `INSERT INTO holdfast_relay.slot (name, epoch, created_at) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING ${slotColumns}`,
      [name, epoch, createdAt],
    );
    if (made === undefined) throw slotExists(name);
    return withoutKey(ownSlotOf(made));
  }

  deleteSlot(name: string): Promise<boolean> {
    return this.#sessions.transaction(async (session) => {
      const [row] = await session.query("DELETE FROM holdfast_relay.slot WHERE name = $1 RETURNING id", [
        name,
      ]);
      if (row === undefined) return false;
      await session.query("DELETE FROM holdfast_relay.event WHERE slot = $1", [row["id"]]);
      await session.query("DELETE FROM holdfast_relay.token WHERE slot = $1", [name]);
      return true;
    });
  }

  async listSlots(after: string, limit: number): Promise<readonly SlotRow[]> {
    const text = `SELECT ${slotColumns} FROM holdfast_relay.slot WHERE name > $1 ORDER BY name LIMIT $2`;
    return (await this.#sessions.query(text, [after, limit])).map(ownSlotOf);
  }

  putToken(token: TokenRow, maxAlike: number): Promise<void> {
    return this.#sessions.transaction((session) => putToken(session, token, maxAlike));
  }

  async findToken(hash: Uint8Array): Promise<TokenRow | undefined> {
    const [row] = await this.#sessions.query("SELECT * FROM holdfast_relay.token WHERE hash = $1", [
      Buffer.from(hash),
    ]);
    return row && tokenOf(row);
  }

  async getToken(id: string): Promise<TokenRow | undefined> {
    const [row] = await this.#sessions.query("SELECT * FROM holdfast_relay.token WHERE id = $1", [id]);
    return row && tokenOf(row);
  }

  async listTokens(slot: string | undefined): Promise<readonly TokenRow[]> {
    const text =
      "SELECT * FROM holdfast_relay.token WHERE slot IS NOT DISTINCT FROM $1 ORDER BY created_at, id";
    return (await this.#sessions.query(text, [slot ?? null])).map(tokenOf);
  }

  async dropToken(id: string): Promise<boolean> {
    const text = "DELETE FROM holdfast_relay.token WHERE id = $1 RETURNING id";
    return (await this.#sessions.query(text, [id])).length > 0;
  }

  async existingTokens(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows = await this.#sessions.query("SELECT id FROM holdfast_relay.token WHERE id = ANY ($1)", [ids]);
    return new Set(rows.map((row) => String(row["id"])));
  }

  noteRead(slot: string, seq: number): void {
    if (seq > (this.#wasRead.get(slot) ?? 0)) this.#wasRead.set(slot, seq);
  }

  async trim(rule: TrimRule): Promise<number> {
    const read = [...this.#wasRead];
    this.#wasRead.clear();
    if (read.length > 0) {
      await this.#sessions.query(
        `UPDATE holdfast_relay.slot AS s SET was_read = greatest(s.was_read, least(s.head, r.seq))
         FROM unnest($1::text[], $2::bigint[]) AS r (name, seq) WHERE s.name = r.name`,
        [read.map(([name]) => name), read.map(([, seq]) => seq)],
      );
    }
    const trimmed = await trimAll(this.#sessions, rule);
    await this.#sessions.query("DELETE FROM holdfast_relay.token WHERE expires_at < $1", [rule.before]);
    return trimmed;
  }

  async usage(): Promise<StoreUsage> {
    const [row] = await this.#sessions.query(
      "SELECT count(*) AS slots, coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes FROM holdfast_relay.slot",
    );
    return { slots: Number(row?.["slots"]), events: Number(row?.["events"]), bytes: Number(row?.["bytes"]) };
  }

  async ready(): Promise<void> {
    const [row] = await this.#sessions.query(
      "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS is_read_only",
    );
    if (row?.["is_read_only"] === false) return;
    throw new RelayError("STORE_UNAVAILABLE", "the database takes no writes: it is a standby, or read-only");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#batches.values()].map((batches) => batches.settled()));
    await this.#sessions[Symbol.asyncDispose]();
    this.#turn[Symbol.dispose]();
  }

  #newBatches(): Batches {
    const write = async (events: readonly NewEvent[]): Promise<readonly (AppendOutcome | Error)[]> => {
      await asyncFailpoint("relay.append.begin");
      const outcomes = await this.#sessions.transaction((session) =>
        appendBatch(session, events, this.#quota),
      );
      await asyncFailpoint("relay.append.committed");
      return outcomes;
    };
    return new Batches(write, (then) => this.#turn.after(then));
  }
}

async function putToken(session: Session, token: TokenRow, maxAlike: number): Promise<void> {
  const { id, hash, scope, slot = null, sender = null, createdAt, expiresAt = null } = token;
  // Who mints for the same slot waits here, so that two never count past each other.
  if (slot === null) await session.query("SELECT pg_advisory_xact_lock(hashtext('holdfast_relay token'))");
  else if (
    (await session.query("SELECT id FROM holdfast_relay.slot WHERE name = $1 FOR UPDATE", [slot])).length ===
    0
  )
    throw noSuchSlot(slot);
  const [alike] = await session.query(
    `SELECT count(*) AS count FROM holdfast_relay.token WHERE scope = $1 AND slot IS NOT DISTINCT FROM $2
     AND sender IS NOT DISTINCT FROM $3 AND id <> $4 AND (expires_at IS NULL OR expires_at > $5)`,
    [scope, slot, sender, id, createdAt],
  );
  if (Number(alike?.["count"]) >= maxAlike) throw tooManyTokens(maxAlike);
  await session.query("DELETE FROM holdfast_relay.token WHERE id = $1", [id]);
  await session.query("INSERT INTO holdfast_relay.token VALUES ($1, $2, $3, $4, $5, $6, $7)", [
    id,
    Buffer.from(hash),
    scope,
    slot,
    sender,
    createdAt,
    expiresAt,
  ]);
}

function withoutKey({ key: _, ...slot }: ReturnType<typeof ownSlotOf>): SlotRow {
  return slot;
}
