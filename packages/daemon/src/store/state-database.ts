/** What outlives the daemon, in SQLite: the projects as they were applied, and the record of every instance. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { HoldfastError } from "@holdfast/runtime";
import type { DaemonEvent } from "../api/contract.ts";
import type { ProjectSpec } from "../spec/app-spec.ts";
import type { InstanceKey, InstanceRecord } from "./instance-record.ts";
import { type OperationRecord, rememberedOperations } from "./operation-record.ts";

/** Tables may be added within a version: an older daemon leaves those alone that it does not know. */
const schemaVersion = 1;

const schema = `
  CREATE TABLE project (name TEXT PRIMARY KEY, spec TEXT NOT NULL) STRICT;
  CREATE TABLE instance (
    project TEXT NOT NULL, name TEXT NOT NULL, instance INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (project, name, instance)
  ) STRICT, WITHOUT ROWID;
`;

const additions = `
  CREATE TABLE IF NOT EXISTS operation (id TEXT PRIMARY KEY, since INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS operation_since ON operation (since);
  CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;
`;

/** As many of each are kept; older ones go. */
const keptEvents = 100_000;
const keptOperations = 10_000;

/** Old rows are looked for once in so many new ones. */
const pruneEvery = 1_000;

export type StateChange =
  | { readonly kind: "put-project"; readonly spec: ProjectSpec }
  | { readonly kind: "drop-project"; readonly name: string }
  | { readonly kind: "put-instance"; readonly record: InstanceRecord }
  | { readonly kind: "drop-instance"; readonly key: InstanceKey }
  | { readonly kind: "put-operation"; readonly record: OperationRecord }
  | { readonly kind: "put-event"; readonly event: DaemonEvent };

export interface KeptState {
  readonly projects: readonly ProjectSpec[];
  readonly instances: readonly InstanceRecord[];
  /** The last ones, the oldest first. */
  readonly operations: readonly OperationRecord[];
}

/** Owns the file `state.db`. One writer: the daemon that holds the home's lock. */
export class StateDatabase {
  readonly #database: DatabaseSync;
  readonly #putProject: StatementSync;
  readonly #dropProject: StatementSync;
  readonly #putInstance: StatementSync;
  readonly #dropInstance: StatementSync;
  readonly #putOperation: StatementSync;
  readonly #putEvent: StatementSync;
  readonly #readEvents: StatementSync;
  #sincePruned = 0;

  /** Throws `STATE_TOO_NEW` when a later version of Holdfast wrote the file, `STATE_UNREADABLE` when it is no such file. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;",
      );
      this.#migrate(path);
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      this.#database.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new HoldfastError(
        "STATE_UNREADABLE",
        `${path} cannot be read: ${reason}; move it away to begin anew (apps that run go on, unknown to the daemon)`,
        { details: { path }, cause: error },
      );
    }
    this.#putProject = this.#database.prepare("INSERT OR REPLACE INTO project VALUES (?, ?)");
    this.#dropProject = this.#database.prepare("DELETE FROM project WHERE name = ?");
    this.#putInstance = this.#database.prepare("INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?)");
    this.#dropInstance = this.#database.prepare(
      "DELETE FROM instance WHERE project = ? AND name = ? AND instance = ?",
    );
    this.#putOperation = this.#database.prepare("INSERT OR REPLACE INTO operation VALUES (?, ?, ?)");
    this.#putEvent = this.#database.prepare("INSERT OR REPLACE INTO event VALUES (?, ?)");
    this.#readEvents = this.#database.prepare("SELECT event FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
  }

  load(): KeptState {
    return {
      projects: this.#database
        .prepare("SELECT spec FROM project ORDER BY rowid")
        .all()
        .map((row) => JSON.parse(String(row["spec"])) as ProjectSpec),
      instances: this.#database
        .prepare("SELECT record FROM instance")
        .all()
        .map((row) => JSON.parse(String(row["record"])) as InstanceRecord),
      operations: this.#database
        .prepare("SELECT record FROM operation ORDER BY since DESC, rowid DESC LIMIT ?")
        .all(rememberedOperations)
        .map((row) => JSON.parse(String(row["record"])) as OperationRecord)
        .reverse(),
    };
  }

  /** The number of the last event, 0 where there is none. */
  lastEvent(): number {
    return Number(this.#database.prepare("SELECT max(seq) AS seq FROM event").get()?.["seq"] ?? 0);
  }

  /** The events after number `after`, the oldest first. */
  readEvents(after: number, limit: number): readonly DaemonEvent[] {
    return this.#readEvents.all(after, limit).map((row) => JSON.parse(String(row["event"])) as DaemonEvent);
  }

  /** Writes all of them or none. They are on the disk when this returns. */
  write(changes: readonly StateChange[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const change of changes) this.#apply(change);
      this.#prune(changes.length);
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #apply(change: StateChange): void {
    switch (change.kind) {
      case "put-project":
        this.#putProject.run(change.spec.name, JSON.stringify(change.spec));
        return;
      case "drop-project":
        this.#dropProject.run(change.name);
        return;
      case "put-instance": {
        const { project, name, instance } = change.record;
        this.#putInstance.run(project, name, instance, JSON.stringify(change.record));
        return;
      }
      case "drop-instance":
        this.#dropInstance.run(change.key.project, change.key.name, change.key.instance);
        return;
      case "put-operation":
        this.#putOperation.run(
          change.record.id,
          Date.parse(change.record.since),
          JSON.stringify(change.record),
        );
        return;
      case "put-event":
        this.#putEvent.run(change.event.seq, JSON.stringify(change.event));
        return;
    }
  }

  #prune(written: number): void {
    this.#sincePruned += written;
    if (this.#sincePruned < pruneEvery) return;
    this.#sincePruned = 0;
    this.#database
      .prepare("DELETE FROM event WHERE seq <= (SELECT seq FROM event ORDER BY seq DESC LIMIT 1 OFFSET ?)")
      .run(keptEvents);
    this.#database
      .prepare(
        "DELETE FROM operation WHERE since < (SELECT since FROM operation ORDER BY since DESC LIMIT 1 OFFSET ?)",
      )
      .run(keptOperations);
  }

  #migrate(path: string): void {
    const version = Number(this.#database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > schemaVersion) {
      this.#database.close();
      throw new HoldfastError(
        "STATE_TOO_NEW",
        `${path} was written by a later version of Holdfast (schema ${version}, this one knows ${schemaVersion})`,
        { details: { version, known: schemaVersion } },
      );
    }
    if (version === 0)
      this.#database.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
    this.#database.exec(`BEGIN; ${additions} COMMIT;`);
  }
}
