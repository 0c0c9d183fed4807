import { HoldfastError } from "@holdfast/runtime";
import type { KeyText } from "../../envelope/public-key.ts";
import type { History } from "../../envelope/verdict.ts";
import type {
  Gap,
  InboxEntry,
  MailStore,
  Mark,
  OutgoingEvent,
  PageCommit,
  QuarantinedEvent,
  Sent,
} from "./mail-store.ts";
import { sequenceTaken } from "./memory-mail-store.ts";

interface Seen {
  readonly id: string;
  readonly sender: KeyText;
  readonly sequence: number;
  readonly expires: number;
}

interface KeyedSent extends Sent {
  readonly recipient: KeyText;
  readonly key: string;
  readonly expires: number;
}

const names = [
  "meta",
  "inbox",
  "seen",
  "floor",
  "quarantine",
  "gap",
  "outgoing",
  "sequence",
  "sent",
] as const;

type StoreName = (typeof names)[number];
type Stores = { readonly [name in StoreName]: IDBObjectStore };

/**
 * Opens the mail of one client in the browser's IndexedDB; writes wait until they are on the disk, where the browser can
 * tell. Throws `STORE_TOO_NEW` for one of a later version, and `STORE_UNREADABLE` where the browser has none to give, as
 * in some private windows.
 */
export async function openIndexedDbMailStore(name: string): Promise<MailStore> {
  const request = indexedDB.open(name, 2);
  request.onupgradeneeded = ({ oldVersion }) => {
    const { result } = request;
    result.createObjectStore("sent", { keyPath: ["recipient", "key"] }).createIndex("expires", "expires");
    if (oldVersion > 0) return;
    result.createObjectStore("meta");
    result
      .createObjectStore("inbox", { keyPath: "seq", autoIncrement: true })
      .createIndex("id", "id", { unique: true });
    const seen = result.createObjectStore("seen", { keyPath: "id" });
    seen.createIndex("number", ["sender", "sequence"]);
    seen.createIndex("expires", "expires");
    result.createObjectStore("floor");
    result.createObjectStore("quarantine", { keyPath: "id" });
    result.createObjectStore("gap", { autoIncrement: true });
    result
      .createObjectStore("outgoing", { keyPath: "at", autoIncrement: true })
      .createIndex("id", "id", { unique: true });
    result.createObjectStore("sequence");
  };
  try {
    return new IndexedDbMailStore(await answerOf(request));
  } catch (cause) {
    const isNew = cause instanceof Error && cause.name === "VersionError";
    if (isNew)
      throw new HoldfastError("STORE_TOO_NEW", `${name} is of a later version; use a later Holdfast`, {
        cause,
      });
    throw new HoldfastError("STORE_UNREADABLE", `the browser does not open ${name}`, { cause });
  }
}

class IndexedDbMailStore implements MailStore {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  cursor(): Promise<string | undefined> {
    return this.#read(({ meta }) => answerOf<string | undefined>(meta.get("cursor")));
  }

  historyOf(marks: readonly Mark[], inQuarantine: "duplicate" | "new"): Promise<readonly History[]> {
    return this.#read(({ seen, floor, quarantine }) => {
      const historyOf = async ({ id, sender, sequence }: Mark): Promise<History> => {
        const none = Promise.resolve<unknown>(undefined);
        // All are asked for at once: between two turns a transaction ends.
        const [own, kept, other, lowest] = await Promise.all([
          answerOf(seen.getKey(id)),
          inQuarantine === "duplicate" ? answerOf(quarantine.getKey(id)) : none,
          sequence === undefined ? none : answerOf(seen.index("number").getKey([sender, sequence])),
          answerOf<number | undefined>(floor.get(sender)),
        ]);
        if (own !== undefined || kept !== undefined) return "duplicate";
        if (sequence === undefined) return "new";
        if (other !== undefined) return "number-taken";
        return sequence <= (lowest ?? 0) ? "forgotten" : "new";
      };
      return Promise.all(marks.map(historyOf));
    });
  }

  commit({ cursor, accepted, quarantined, released, gap }: PageCommit): Promise<number> {
    return this.#write(async (stores) => {
      const known = await Promise.all(accepted.map(({ id }) => answerOf(stores.seen.getKey(id))));
      let taken = 0;
      for (const [index, entry] of accepted.entries()) {
        if (known[index] !== undefined) continue;
        const { source: sender, sequence, expirytime } = entry.event;
        const seen: Seen = { id: entry.id, sender, sequence, expires: Date.parse(expirytime) };
        stores.seen.put(seen);
        stores.inbox.put(entry);
        taken++;
      }
      for (const event of quarantined) stores.quarantine.put(event);
      for (const id of released) stores.quarantine.delete(id);
      if (gap) stores.gap.put(gap);
      if (cursor !== undefined) stores.meta.put(cursor, "cursor");
      return taken;
    });
  }

  forget(before: number): Promise<void> {
    return this.#write(async ({ seen, inbox, floor, sent }) => {
      const done = await answerOf(sent.index("expires").getAllKeys(IDBKeyRange.upperBound(before, true)));
      for (const key of done) sent.delete(key);
      const old = await answerOf<Seen[]>(seen.index("expires").getAll(IDBKeyRange.upperBound(before, true)));
      const there = await Promise.all(old.map(({ id }) => answerOf(inbox.index("id").getKey(id))));
      const gone = old.filter((_, index) => there[index] === undefined);
      for (const [sender, of] of Map.groupBy(gone, (each) => each.sender)) {
        const highest = Math.max(...of.map(({ sequence }) => sequence));
        const lowest = await answerOf<number | undefined>(floor.get(sender));
        floor.put(Math.max(highest, lowest ?? 0), sender);
      }
      for (const { id } of gone) seen.delete(id);
    });
  }

  inbox(after: number, limit: number, parked?: "with-parked"): Promise<readonly InboxEntry[]> {
    return this.#read(({ inbox }) =>
      some<InboxEntry>(
        inbox,
        IDBKeyRange.lowerBound(after, true),
        limit,
        (entry) => !!parked || !("parked" in entry),
      ),
    );
  }

  acknowledge(id: string): Promise<boolean> {
    return this.#write(async ({ inbox }) => {
      const key = await answerOf(inbox.index("id").getKey(id));
      if (key !== undefined) inbox.delete(key);
      return key !== undefined;
    });
  }

  park(id: string, why: string): Promise<void> {
    return this.#write(async ({ inbox }) => {
      const entry = await answerOf<InboxEntry | undefined>(inbox.index("id").get(id));
      if (entry) inbox.put({ ...entry, parked: why });
    });
  }

  quarantine(after: string, limit: number): Promise<readonly QuarantinedEvent[]> {
    return this.#read(({ quarantine }) =>
      answerOf<QuarantinedEvent[]>(quarantine.getAll(IDBKeyRange.lowerBound(after, true), limit)),
    );
  }

  quarantined(): Promise<number> {
    return this.#read(({ quarantine }) => answerOf(quarantine.count()));
  }

  gaps(): Promise<readonly Gap[]> {
    return this.#read(({ gap }) => answerOf<Gap[]>(gap.getAll()));
  }

  lastSequence(recipient: KeyText): Promise<number> {
    return this.#read(
      async ({ sequence }) => (await answerOf<number | undefined>(sequence.get(recipient))) ?? 0,
    );
  }

  enqueue(event: OutgoingEvent, key?: string): Promise<void> {
    return this.#write(async ({ sequence, outgoing, sent }) => {
      const last = await answerOf<number | undefined>(sequence.get(event.recipient));
      if (event.sequence <= (last ?? 0)) throw sequenceTaken(event);
      sequence.put(event.sequence, event.recipient);
      outgoing.put(event);
      if (key === undefined) return;
      const { id, recipient, expiresAt: expires } = event;
      const as: KeyedSent = { recipient, key, id, sequence: event.sequence, expires };
      sent.put(as);
    });
  }

  sentAs(recipient: KeyText, key: string): Promise<Sent | undefined> {
    return this.#read(async ({ sent }) => {
      const found = await answerOf<KeyedSent | undefined>(sent.get([recipient, key]));
      return found && { id: found.id, sequence: found.sequence };
    });
  }

  outgoing(limit: number): Promise<readonly OutgoingEvent[]> {
    return this.#outgoing(limit, ({ refused }) => refused === undefined);
  }

  settle(id: string): Promise<void> {
    return this.#write(async ({ outgoing }) => {
      const key = await answerOf(outgoing.index("id").getKey(id));
      if (key !== undefined) outgoing.delete(key);
    });
  }

  refuse(id: string, why: string): Promise<void> {
    return this.#write(async ({ outgoing }) => {
      const event = await answerOf<OutgoingEvent | undefined>(outgoing.index("id").get(id));
      if (event) outgoing.put({ ...event, refused: why });
    });
  }

  refused(): Promise<readonly OutgoingEvent[]> {
    return this.#outgoing(Number.POSITIVE_INFINITY, ({ refused }) => refused !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close();
  }

  async #outgoing(limit: number, is: (event: OutgoingEvent) => boolean): Promise<readonly OutgoingEvent[]> {
    const rows = await this.#read(({ outgoing }) =>
      some<OutgoingEvent & { at?: number }>(outgoing, null, limit, is),
    );
    return rows.map(({ at: _, ...event }) => event);
  }

  #read<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return work(storesOf(this.#database.transaction(names, "readonly")));
  }

  /** Resolves once what `work` did is durable; if it throws, nothing of it was done. */
  async #write<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    const transaction = this.#database.transaction(names, "readwrite", { durability: "strict" });
    const committed = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    });
    try {
      const result = await work(storesOf(transaction));
      await committed;
      return result;
    } catch (error) {
      committed.catch(() => {});
      // Refused by us, or by a disk without room, which has aborted it already.
      if (transaction.error === null) abort(transaction);
      throw error;
    }
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It is over.
  }
}

function storesOf(transaction: IDBTransaction): Stores {
  return Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])) as Stores;
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException("failed", "UnknownError"));
  });
}

/** The first ones that `is` says yes to. */
function some<T>(
  store: IDBObjectStore,
  range: IDBKeyRange | null,
  limit: number,
  is: (value: T) => boolean,
): Promise<readonly T[]> {
  const found: T[] = [];
  const request = store.openCursor(range);
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error ?? new DOMException("failed", "UnknownError"));
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor || found.length >= limit) return resolve(found);
      const value = cursor.value as T;
      if (is(value)) found.push(value);
      cursor.continue();
    };
  });
}
