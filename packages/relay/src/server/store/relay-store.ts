/**
 * Where a relay keeps slots, events and tokens. A wake may be lost and a row may not: what `append` resolved to is on the
 * disk, its sequence was given in the very transaction that stored it, and a reader never sees an event before all that
 * come before it in its slot. One compliance suite holds every store to this.
 */
import type { Cursor, TokenScope } from "../../protocol/index.ts";

/** What is to be appended. */
export interface NewEvent {
  readonly slot: string;
  /** Ids are a sender's own: no sender can take another's. */
  readonly sender: string;
  readonly id: string;
  /** Wall ms. */
  readonly at: number;
  readonly envelope: Uint8Array;
}

/** `repeated`: this sender had posted the same bytes under the same id; the cursor is that of the first time. */
export interface AppendOutcome {
  readonly kind: "stored" | "repeated";
  readonly cursor: Cursor;
}

/** How much a slot may hold. */
export interface SlotQuota {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** A slot as it stands in the store. */
export interface SlotRow {
  readonly name: string;
  readonly epoch: string;
  /** The sequence of the newest event, 0 before the first. */
  readonly head: number;
  /** All up to this sequence were trimmed: pulling after it gives the oldest event there is. */
  readonly trimmed: number;
  readonly events: number;
  readonly bytes: number;
  /** Wall ms. */
  readonly createdAt: number;
}

/** An event as it was appended, with its place. */
export interface StoredEvent {
  readonly seq: number;
  readonly sender: string;
  readonly id: string;
  /** Wall ms. */
  readonly at: number;
  readonly envelope: Uint8Array;
}

/** A slot, and events of it that were read in the same moment. */
export interface StoredPage {
  readonly slot: SlotRow;
  readonly events: readonly StoredEvent[];
}

/** What to read: events after `after` (from the oldest, without), never more than `limit`. */
export interface ReadRequest {
  readonly slot: string;
  readonly after: Cursor | undefined;
  readonly limit: number;
  /** No event is added to a page that has as many bytes; the first always is. */
  readonly maxBytes: number;
}

/** A token as it is kept: only its hash, a SHA-256. */
export interface TokenRow {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly scope: TokenScope;
  readonly slot: string | undefined;
  readonly sender: string | undefined;
  /** Wall ms. */
  readonly createdAt: number;
  /** Wall ms; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** What may be trimmed: what is older than `before`, and of what was read, what is more than `keepBytes`. */
export interface TrimRule {
  /** Wall ms. */
  readonly before: number;
  readonly keepBytes: number;
}

/** What all slots hold. */
export interface StoreUsage {
  readonly slots: number;
  readonly events: number;
  readonly bytes: number;
}

/**
 * Hears the new heads of slots that are about to be committed; what it returns is called if they are not, after all. It
 * does not throw: that would keep them from being committed.
 */
export type HeadListener = (heads: ReadonlyMap<string, Cursor>) => () => void;

/**
 * Every method rejects with a `RelayError`: `STORE_UNAVAILABLE` when the store cannot be reached or written, in which
 * case nothing was done or, for a lost connection, nothing is known and the same call may be made again.
 */
export interface RelayStore extends AsyncDisposable {
  /** Resolves once the event is durable. Rejects with `NO_SUCH_SLOT`, `SLOT_FULL`, `ID_REUSED`. */
  append(event: NewEvent): Promise<AppendOutcome>;
  /**
   * Only where nothing can be read between: from now on `listener` is called just before each commit of events, in the
   * same turn, so that whoever it wakes is on the way while the disk is waited for. Once in a store's life.
   */
  foretell?(listener: HeadListener): void;
  /** Rejects with `NO_SUCH_SLOT`; with `CURSOR_GONE` for a cursor that was trimmed, lies beyond the head or is of another epoch. */
  read(request: ReadRequest): Promise<StoredPage>;
  /** Undefined where there is no such slot. */
  findSlot(name: string): Promise<SlotRow | undefined>;
  /** The newest places of these slots; one that does not exist is left out. */
  heads(names: readonly string[]): Promise<ReadonlyMap<string, Cursor>>;
  /** Makes an empty slot. Rejects with `SLOT_EXISTS`, or `TOO_MANY_SLOTS` beyond `maxSlots`. */
  createSlot(slot: Pick<SlotRow, "name" | "epoch" | "createdAt">, maxSlots: number): Promise<SlotRow>;
  /** Removes it with its events and tokens. False where there was none. */
  deleteSlot(name: string): Promise<boolean>;
  /** By name, after `after`. */
  listSlots(after: string, limit: number): Promise<readonly SlotRow[]>;
  /**
   * Rejects with `NO_SUCH_SLOT`, and with `TOO_MANY_TOKENS` when `maxAlike` tokens of the same scope, slot and sender
   * live already. One with the same id is replaced.
   */
  putToken(token: TokenRow, maxAlike: number): Promise<void>;
  /** By its hash; one that has expired is told as well, until it is swept. */
  findToken(hash: Uint8Array): Promise<TokenRow | undefined>;
  getToken(id: string): Promise<TokenRow | undefined>;
  /** Of one slot, or all that are of no slot. The oldest first. */
  listTokens(slot: string | undefined): Promise<readonly TokenRow[]>;
  /** False where there was none. */
  dropToken(id: string): Promise<boolean>;
  /** Those of these ids that exist. */
  existingTokens(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Notes that a reader has all up to `seq`. May be lost: it only lets that be trimmed by size. */
  noteRead(slot: string, seq: number): void;
  /** Trims every slot, and drops tokens that expired before `rule.before`. Resolves to the number of events that went. */
  trim(rule: TrimRule): Promise<number>;
  usage(): Promise<StoreUsage>;
  /** Resolves when the store can be read and written now. */
  ready(): Promise<void>;
}
