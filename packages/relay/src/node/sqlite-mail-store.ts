import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { HoldfastError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type {
  Gap,
  InboxEntry,
  MailStore,
  Mark,
  OutgoingEvent,
  PageCommit,
  QuarantinedEvent,
  Sent,
} from "../client/store/mail-store.ts";
import { sequenceTaken } from "../client/store/memory-mail-store.ts";
import type { SignedEvent } from "../envelope/event.ts";
import type { KeyText } from "../envelope/public-key.ts";
import type { History, QuarantineReason } from "../envelope/verdict.ts";
import { ensureOwnFile } from "./own-file.ts";

const schemaVersion = 1;

const pragmas = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, received INTEGER NOT NULL, event TEXT NOT NULL,
    parked TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS seen (
    id TEXT PRIMARY KEY, sender TEXT NOT NULL, sequence INTEGER NOT NULL, expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_number ON seen (sender, sequence);
  CREATE TABLE IF NOT EXISTS floor (sender TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS quarantine (
    id TEXT PRIMARY KEY, sender TEXT NOT NULL, sequence INTEGER, envelope TEXT NOT NULL, reason TEXT NOT NULL,
    why TEXT NOT NULL, received INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS gap (at INTEGER NOT NULL, start TEXT NOT NULL, stop TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS outgoing (
    at INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL, sequence INTEGER NOT NULL,
    envelope TEXT NOT NULL, expires INTEGER NOT NULL, refused TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sequence (recipient TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sent (
    recipient TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, expires INTEGER NOT NULL,
    PRIMARY KEY (recipient, key)
  ) STRICT, WITHOUT ROWID;
`;

const statements = {
  meta: "SELECT value FROM meta WHERE name = ?",
  setMeta: "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  isSeen: "SELECT 1 FROM seen WHERE id = ?",
  hasNumber: "SELECT 1 FROM seen WHERE sender = ? AND sequence = ?",
  floor: "SELECT sequence FROM floor WHERE sender = ?",
  isQuarantined: "SELECT 1 FROM quarantine WHERE id = ?",
  see: "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)",
  accept: "INSERT INTO inbox (id, received, event) VALUES (?, ?, ?)",
  quarantine: "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)",
  release: "DELETE FROM quarantine WHERE id = ?",
  gap: "INSERT INTO gap VALUES (?, ?, ?)",
  raiseFloors: `INSERT INTO floor SELECT sender, max(sequence) FROM seen
    WHERE expires < ? AND id NOT IN (SELECT id FROM inbox) GROUP BY sender
    ON CONFLICT (sender) DO UPDATE SET sequence = max(sequence, excluded.sequence)`,
  forget: "DELETE FROM seen WHERE expires < ? AND id NOT IN (SELECT id FROM inbox)",
  inbox: "SELECT * FROM inbox WHERE seq > ? AND parked IS NULL ORDER BY seq LIMIT ?",
  wholeInbox: "SELECT * FROM inbox WHERE seq > ? ORDER BY seq LIMIT ?",
  acknowledge: "DELETE FROM inbox WHERE id = ?",
  park: "UPDATE inbox SET parked = ? WHERE id = ?",
  quarantined: "SELECT * FROM quarantine WHERE id > ? ORDER BY id LIMIT ?",
  countQuarantined: "SELECT count(*) AS count FROM quarantine",
  gaps: "SELECT * FROM gap ORDER BY rowid",
  lastSequence: "SELECT last FROM sequence WHERE recipient = ?",
  countSequence: `INSERT INTO sequence VALUES (?1, ?2)
    ON CONFLICT (recipient) DO UPDATE SET last = excluded.last WHERE last < excluded.last`,
  enqueue: "INSERT INTO outgoing (id, recipient, sequence, envelope, expires) VALUES (?, ?, ?, ?, ?)",
  noteSent: "INSERT INTO sent VALUES (?, ?, ?, ?, ?)",
  sentAs: "SELECT id, sequence FROM sent WHERE recipient = ? AND key = ?",
  forgetSent: "DELETE FROM sent WHERE expires < ?",
  outgoing: "SELECT * FROM outgoing WHERE refused IS NULL ORDER BY at LIMIT ?",
  settle: "DELETE FROM outgoing WHERE id = ?",
  refuse: "UPDATE outgoing SET refused = ? WHERE id = ?",
  refused: "SELECT * FROM outgoing WHERE refused IS NOT NULL ORDER BY at",
} as const;

type Statements = { readonly [name in keyof typeof statements]: StatementSync };
type Row = Record<string, SQLOutputValue>;

/**
 * Opens the mail of one client, in a file that only we can read (0600); `:memory:` for none. Throws `STORE_TOO_NEW` for
 * one of a later version, and `UNSAFE_FILE` as `ensureOwnFile` does.
 */
export function openSqliteMailStore(path: string): MailStore {
  return new SqliteMailStore(path);
}

class SqliteMailStore implements MailStore {
  readonly #database: DatabaseSync;
  readonly #run: Statements;

  constructor(path: string) {
    // SQLite gives the files beside it the same mode.
    if (path !== ":memory:") ensureOwnFile(path);
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(pragmas);
      this.#database.exec(schema);
      const prepare = ([name, sql]: readonly [string, string]) =>
        [name, this.#database.prepare(sql)] as const;
      this.#run = Object.fromEntries(Object.entries(statements).map(prepare)) as Statements;
      const found = this.#meta("schema");
      if (Number(found ?? 0) > schemaVersion) throw tooNew(path, Number(found));
      if (found === undefined) this.#run.setMeta.run("schema", String(schemaVersion));
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  cursor(): string | undefined {
    return this.#meta("cursor");
  }

  historyOf(marks: readonly Mark[], inQuarantine: "duplicate" | "new"): readonly History[] {
    return marks.map(({ id, sender, sequence }) => {
      if (this.#run.isSeen.get(id)) return "duplicate";
      if (inQuarantine === "duplicate" && this.#run.isQuarantined.get(id)) return "duplicate";
      if (sequence === undefined) return "new";
      if (this.#run.hasNumber.get(sender, sequence)) return "number-taken";
      return sequence <= Number(this.#run.floor.get(sender)?.["sequence"] ?? 0) ? "forgotten" : "new";
    });
  }

  commit({ cursor, accepted, quarantined, released, gap }: PageCommit): number {
    return this.#transaction(() => {
      let taken = 0;
      for (const { id, event, receivedAt } of accepted) {
        const { source, sequence, expirytime } = event;
        if (this.#run.see.run(id, source, sequence, Date.parse(expirytime)).changes === 0) continue;
        this.#run.accept.run(id, receivedAt, JSON.stringify(event));
        taken++;
      }
      failpoint("relay.commit.rows");
      for (const { id, sender, sequence = null, envelope, reason, why, receivedAt } of quarantined) {
        this.#run.quarantine.run(id, sender, sequence, envelope, reason, why, receivedAt);
      }
      for (const id of released) this.#run.release.run(id);
      if (gap) this.#run.gap.run(gap.at, gap.from, gap.to);
      if (cursor !== undefined) this.#run.setMeta.run("cursor", cursor);
      failpoint("relay.commit.cursor");
      return taken;
    });
  }

  forget(before: number): void {
    this.#transaction(() => {
      this.#run.raiseFloors.run(before);
      this.#run.forget.run(before);
      this.#run.forgetSent.run(before);
    });
  }

  inbox(after: number, limit: number, parked?: "with-parked"): readonly InboxEntry[] {
    return this.#run[parked ? "wholeInbox" : "inbox"].all(after, limit).map(inboxEntry);
  }

  acknowledge(id: string): boolean {
    return this.#run.acknowledge.run(id).changes > 0;
  }

  park(id: string, why: string): void {
    this.#run.park.run(why, id);
  }

  quarantine(after: string, limit: number): readonly QuarantinedEvent[] {
    return this.#run.quarantined.all(after, limit).map(quarantinedEvent);
  }

  quarantined(): number {
    return Number(this.#run.countQuarantined.get()?.["count"] ?? 0);
  }

  gaps(): readonly Gap[] {
    return this.#run.gaps.all().map(({ at, start, stop }) => ({
      ...{ at: Number(at), from: String(start), to: String(stop) },
    }));
  }

  lastSequence(recipient: KeyText): number {
    return Number(this.#run.lastSequence.get(recipient)?.["last"] ?? 0);
  }

  enqueue(event: OutgoingEvent, key?: string): void {
    const { id, recipient, sequence, envelope, expiresAt } = event;
    this.#transaction(() => {
      if (this.#run.countSequence.run(recipient, sequence).changes === 0) throw sequenceTaken(event);
      this.#run.enqueue.run(id, recipient, sequence, envelope, expiresAt);
      if (key !== undefined) this.#run.noteSent.run(recipient, key, id, sequence, expiresAt);
      failpoint("relay.enqueue.row");
    });
  }

  sentAs(recipient: KeyText, key: string): Sent | undefined {
    const row = this.#run.sentAs.get(recipient, key);
    return row && { id: String(row["id"]), sequence: Number(row["sequence"]) };
  }

  outgoing(limit: number): readonly OutgoingEvent[] {
    return this.#run.outgoing.all(limit).map(outgoingEvent);
  }

  settle(id: string): void {
    // The next commit that must last takes this one along; if none does, it is posted again, which changes nothing.
    this.#database.exec("PRAGMA synchronous = NORMAL");
    try {
      this.#run.settle.run(id);
    } finally {
      this.#database.exec("PRAGMA synchronous = FULL");
    }
  }

  refuse(id: string, why: string): void {
    this.#run.refuse.run(why, id);
  }

  refused(): readonly OutgoingEvent[] {
    return this.#run.refused.all().map(outgoingEvent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #meta(name: string): string | undefined {
    const value = this.#run.meta.get(name)?.["value"];
    return value === undefined ? undefined : String(value);
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // A disk without room may have ended it already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

function inboxEntry({ seq, id, event, received, parked }: Row): InboxEntry {
  return {
    ...{ seq: Number(seq), id: String(id), receivedAt: Number(received) },
    event: JSON.parse(String(event)) as SignedEvent,
    ...(typeof parked === "string" && { parked }),
  };
}

function quarantinedEvent({ id, sender, sequence, envelope, reason, why, received }: Row): QuarantinedEvent {
  return {
    ...{ id: String(id), sender: String(sender) as KeyText, envelope: String(envelope) },
    ...{ reason: String(reason) as QuarantineReason, why: String(why), receivedAt: Number(received) },
    ...(sequence !== null && { sequence: Number(sequence) }),
  };
}

function outgoingEvent({ id, recipient, sequence, envelope, expires, refused }: Row): OutgoingEvent {
  return {
    ...{ id: String(id), recipient: String(recipient) as KeyText, sequence: Number(sequence) },
    ...{ envelope: String(envelope), expiresAt: Number(expires) },
    ...(typeof refused === "string" && { refused }),
  };
}

function tooNew(path: string, found: number): HoldfastError<"STORE_TOO_NEW"> {
  const message = `${path} is of version ${found}, and ${schemaVersion} is the last that is known here; use a later Holdfast`;
  return new HoldfastError("STORE_TOO_NEW", message);
}
