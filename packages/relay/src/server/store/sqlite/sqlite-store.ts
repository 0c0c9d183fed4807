/** One relay process, one file. */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Cursor } from "../../../protocol/index.ts";
import { RelayError } from "../../relay-error.ts";
import { Batches } from "../batches.ts";
import { EndOfTurn } from "../end-of-turn.ts";
import { placeAfter } from "../place.ts";
import { noSuchSlot, slotExists, tooManySlots, tooManyTokens, unavailable } from "../refusals.ts";
import type {
  AppendOutcome,
  HeadListener,
  NewEvent,
  ReadRequest,
  RelayStore,
  SlotQuota,
  SlotRow,
  StoredEvent,
  StoredPage,
  StoreUsage,
  TokenRow,
  TrimRule,
} from "../relay-store.ts";
import { eventOf, tokenOf } from "../rows.ts";
import { appender } from "./append.ts";
import { ownSlotOf } from "./own-slot.ts";
import { migrate } from "./schema.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { inTransaction } from "./transaction.ts";
import { trimmer } from "./trim.ts";

/** What a store in a file takes. */
export interface SqliteStoreOptions {
  /** Made with mode 0600 where it is not; its directory must exist. `:memory:` keeps nothing. */
  readonly path: string;
  readonly quota: SlotQuota;
}

/** Opens the file, making it if need be. Throws `STORE_TOO_NEW`, and what SQLite says of a file that it cannot read. */
export function openSqliteStore(options: SqliteStoreOptions): RelayStore {
  // SQLite gives the files beside it the same mode.
  if (options.path !== ":memory:") closeSync(openSync(options.path, "a", 0o600));
  return new SqliteStore(options);
}

class SqliteStore implements RelayStore {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #turn = new EndOfTurn();
  readonly #batches: Batches;
  readonly #trimOne: (slot: string, rule: TrimRule) => number;
  readonly #wasRead = new Map<string, number>();
  #foretell: HeadListener = () => () => undefined;

  constructor({ path, quota }: SqliteStoreOptions) {
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;",
      );
      migrate(this.#database, path);
      this.#statements = prepareStatements(this.#database);
      this.#trimOne = trimmer(this.#database);
      const append = appender(this.#database, quota, (heads) => this.#foretell(heads));
      this.#batches = new Batches(
        (events) => attempt("the events could not be stored", () => append(events)),
        (then) => this.#turn.after(then),
      );
    } catch (error) {
      this.#database.close();
      this.#turn[Symbol.dispose]();
      throw error;
    }
  }

  append(event: NewEvent): Promise<AppendOutcome> {
    return this.#batches.add(event);
  }

  /** It is one process and one thread: whoever is woken is read to after the commit. */
  foretell(listener: HeadListener): void {
    this.#foretell = listener;
  }

  read({ slot: name, after, limit, maxBytes }: ReadRequest): Promise<StoredPage> {
    return promised("the events could not be read", () => {
      const row = this.#statements.findSlot.get(name);
      if (row === undefined) throw noSuchSlot(name);
      const slot = ownSlotOf(row);
      const events: StoredEvent[] = [];
      let bytes = 0;
      for (const found of this.#statements.readEvents.iterate(slot.key, placeAfter(after, slot), limit)) {
        const event = eventOf(found);
        bytes += event.envelope.length;
        if (events.length > 0 && bytes > maxBytes) break;
        events.push(event);
      }
      return { slot, events };
    });
  }

  findSlot(name: string): Promise<SlotRow | undefined> {
    return promised("the slot could not be read", () => {
      const row = this.#statements.findSlot.get(name);
      return row && ownSlotOf(row);
    });
  }

  heads(names: readonly string[]): Promise<ReadonlyMap<string, Cursor>> {
    return promised("the slots could not be read", () => {
      const found = new Map<string, Cursor>();
      for (const name of names) {
        const row = this.#statements.findHead.get(name);
        if (row !== undefined) found.set(name, { epoch: String(row["epoch"]), seq: Number(row["head"]) });
      }
      return found;
    });
  }

  createSlot(slot: Pick<SlotRow, "name" | "epoch" | "createdAt">, maxSlots: number): Promise<SlotRow> {
    return promised("the slot could not be made", () =>
      inTransaction(this.#database, () => {
        if (this.#statements.findSlot.get(slot.name) !== undefined) throw slotExists(slot.name);
        if (this.#usage().slots >= maxSlots) throw tooManySlots(maxSlots);
        this.#statements.createSlot.run(slot.name, slot.epoch, slot.createdAt);
        return { ...slot, head: 0, trimmed: 0, events: 0, bytes: 0 };
      }),
    );
  }

  deleteSlot(name: string): Promise<boolean> {
    return promised("the slot could not be removed", () =>
      inTransaction(this.#database, () => {
        const row = this.#statements.findSlot.get(name);
        if (row === undefined) return false;
        this.#statements.dropEvents.run(ownSlotOf(row).key);
        this.#statements.dropTokens.run(name);
        this.#statements.dropSlot.run(name);
        return true;
      }),
    );
  }

  listSlots(after: string, limit: number): Promise<readonly SlotRow[]> {
    return promised("the slots could not be read", () =>
      this.#statements.listSlots.all(after, limit).map(ownSlotOf),
    );
  }

  putToken(token: TokenRow, maxAlike: number): Promise<void> {
    const { id, hash, scope, slot = null, sender = null, createdAt, expiresAt = null } = token;
    return promised("the token could not be kept", () =>
      inTransaction(this.#database, () => {
        if (slot !== null && this.#statements.findHead.get(slot) === undefined) throw noSuchSlot(slot);
        const alike = this.#statements.countAlike.get(scope, slot, sender, id, createdAt)?.["count"];
        if (Number(alike) >= maxAlike) throw tooManyTokens(maxAlike);
        this.#statements.putToken.run(id, hash, scope, slot, sender, createdAt, expiresAt);
      }),
    );
  }

  findToken(hash: Uint8Array): Promise<TokenRow | undefined> {
    return this.#tokenBy(this.#statements.findToken, hash);
  }

  getToken(id: string): Promise<TokenRow | undefined> {
    return this.#tokenBy(this.#statements.getToken, id);
  }

  listTokens(slot: string | undefined): Promise<readonly TokenRow[]> {
    return promised("the tokens could not be read", () =>
      this.#statements.listTokens.all(slot ?? null).map(tokenOf),
    );
  }

  dropToken(id: string): Promise<boolean> {
    return promised("the token could not be revoked", () => this.#statements.dropToken.run(id).changes > 0);
  }

  existingTokens(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return promised(
      "the tokens could not be read",
      () => new Set(ids.filter((id) => this.#statements.getToken.get(id) !== undefined)),
    );
  }

  noteRead(slot: string, seq: number): void {
    if (seq > (this.#wasRead.get(slot) ?? 0)) this.#wasRead.set(slot, seq);
  }

  async trim(rule: TrimRule): Promise<number> {
    let trimmed = 0;
    await promised("what was read could not be noted", () => {
      if (this.#wasRead.size === 0) return;
      inTransaction(this.#database, () => {
        for (const [slot, seq] of this.#wasRead) this.#statements.noteRead.run(seq, slot);
      });
      this.#wasRead.clear();
    });
    const names = await promised("the slots could not be read", () =>
      this.#statements.toTrim.all(rule.keepBytes, rule.before).map((row) => String(row["name"])),
    );
    for (const name of names) {
      for (;;) {
        const count = await promised("a slot could not be trimmed", () => this.#trimOne(name, rule));
        if (count === 0) break;
        trimmed += count;
        // Those who wait to append have their turn between two steps.
        await new Promise<void>((resolve) => this.#turn.after(resolve));
      }
    }
    await promised("old tokens could not be dropped", () => this.#statements.dropExpired.run(rule.before));
    return trimmed;
  }

  usage(): Promise<StoreUsage> {
    return promised("the store could not be read", () => this.#usage());
  }

  ready(): Promise<void> {
    return promised("the store cannot be written", () => {
      inTransaction(this.#database, () => this.#statements.touch.run());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.settled();
    if (!this.#database.isOpen) return;
    this.#database.close();
    this.#turn[Symbol.dispose]();
  }

  #usage(): StoreUsage {
    const row = this.#statements.usage.get();
    return { slots: Number(row?.["slots"]), events: Number(row?.["events"]), bytes: Number(row?.["bytes"]) };
  }

  #tokenBy(statement: Statements["getToken"], key: string | Uint8Array): Promise<TokenRow | undefined> {
    return promised("the token could not be read", () => {
      const row = statement.get(key);
      return row && tokenOf(row);
    });
  }
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RelayError ? error : unavailable(what, error);
  }
}

function promised<T>(what: string, work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(attempt(what, work)));
}
