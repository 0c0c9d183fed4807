/**
 * Wakes by LISTEN and NOTIFY, for relays that have PostgreSQL and no NATS. A NOTIFY takes a lock of the whole database at
 * its commit, and one for each event would make all commits wait for each other: heads are collected, and told at once.
 */
import { type Clock, systemClock, type Timer } from "@holdfast/runtime";
import { Client } from "pg";
import { type Cursor, formatCursor, parseCursor } from "../../../protocol/index.ts";
import { RelayError } from "../../relay-error.ts";
import { unavailable } from "../../store/refusals.ts";
import { SlotListeners } from "../slot-listeners.ts";
import type { WakeBus } from "../wake-bus.ts";

/** What wakes over PostgreSQL take. */
export interface PostgresWakesOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`: straight to the server, as poolers pass no LISTEN on. */
  readonly url: string;
  /** The least time between two NOTIFY of one relay. Default 50 ms. */
  readonly everyMs?: number;
  readonly clock?: Clock;
}

const channel = "holdfast_relay_wake";

/** PostgreSQL takes less than 8,000 bytes in one NOTIFY. */
const mostBytes = 7_900;

const againMs = 1_000;

/** Listens, and goes on trying to whenever the connection breaks. Rejects with `STORE_UNAVAILABLE` if it cannot now. */
export async function openPostgresWakes(options: PostgresWakesOptions): Promise<WakeBus> {
  const wakes = new PostgresWakes(options);
  try {
    await wakes.connect();
  } catch (error) {
    await wakes[Symbol.asyncDispose]();
    throw unavailable("the database cannot be listened to", error);
  }
  return wakes;
}

class PostgresWakes implements WakeBus {
  readonly #url: string;
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #listeners = new SlotListeners();
  readonly #gapListeners = new Set<() => void>();
  readonly #heads = new Map<string, Cursor>();
  readonly #open = new Set<Client>();
  #client: Client | undefined;
  #timer: Timer | undefined;
  #again: Timer | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor({ url, everyMs = 50, clock = systemClock }: PostgresWakesOptions) {
    this.#url = url;
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  publish(slot: string, head: Cursor): void {
    if (this.#isClosed || this.#client === undefined) return;
    this.#heads.set(slot, head);
    const waitMs = Math.max(0, this.#toldAt + this.#everyMs - this.#clock.monotonic());
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, waitMs);
  }

  subscribe(slot: string, listener: (head: Cursor) => void): () => void {
    return this.#listeners.add(slot, listener);
  }

  onGap(listener: () => void): void {
    this.#gapListeners.add(listener);
  }

  async ready(): Promise<void> {
    if (this.#client === undefined) {
      throw new RelayError(
        "STORE_UNAVAILABLE",
        "the database is not listened to; it is tried again each second",
      );
    }
    try {
      await this.#client.query("SELECT 1");
    } catch (error) {
      throw unavailable("the database is not listened to", error);
    }
  }

  async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: "holdfast-relay wakes",
    });
    this.#open.add(client);
    client.on("error", () => this.#lost(client));
    client.on("end", () => this.#lost(client));
    client.on("notification", ({ payload = "" }) => this.#take(payload));
    await client.connect();
    await client.query(`LISTEN ${channel}`);
    if (this.#isClosed) return;
    this.#client = client;
    for (const listener of this.#gapListeners) listener();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#client = undefined;
    this.#clock.clearTimeout(this.#timer);
    this.#clock.clearTimeout(this.#again);
    await Promise.all([...this.#open].map((client) => client.end().catch(() => undefined)));
  }

  #lost(client: Client): void {
    this.#open.delete(client);
    if (this.#client === client) this.#client = undefined;
    if (this.#isClosed || this.#client !== undefined) return;
    this.#again ??= this.#clock.setTimeout(() => {
      this.#again = undefined;
      this.connect().catch(() => this.#lost(client));
    }, againMs);
  }

  #tell(): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#toldAt = this.#clock.monotonic();
    const payloads = payloadsOf(this.#heads);
    this.#heads.clear();
    const text = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";
    // What is lost here heals with a heartbeat.
    client.query(text, [channel, payloads]).catch(() => undefined);
  }

  #take(payload: string): void {
    for (const part of payload.split(" ")) {
      const [slot = "", text = ""] = part.split("=");
      const head = parseCursor(text);
      if (head !== undefined) this.#listeners.tell(slot, head);
    }
  }
}

/** `slot=EPOCH:SEQ`, as many in one text as go into one NOTIFY. */
function payloadsOf(heads: ReadonlyMap<string, Cursor>): readonly string[] {
  const payloads: string[] = [];
  let text = "";
  for (const [slot, head] of heads) {
    const part = `${slot}=${formatCursor(head)}`;
    if (text.length + part.length >= mostBytes) {
      payloads.push(text);
      text = "";
    }
    text += text === "" ? part : ` ${part}`;
  }
  if (text !== "") payloads.push(text);
  return payloads;
}
