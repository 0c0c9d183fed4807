/** What outlives the daemon, in SQLite: the projects as they were applied, and the record of every instance. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { HoldfastError } from "@holdfast/runtime";
import type { ProjectSpec } from "../spec/app-spec.ts";
import type { InstanceKey, InstanceRecord } from "./instance-record.ts";

const schemaVersion = 1;

const schema = `
  CREATE TABLE project (name TEXT PRIMARY KEY, spec TEXT NOT NULL) STRICT;
  CREATE TABLE instance (
    project TEXT NOT NULL, name TEXT NOT NULL, instance INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (project, name, instance)
  ) STRICT, WITHOUT ROWID;
`;

export type StateChange =
  | { readonly kind: "put-project"; readonly spec: ProjectSpec }
  | { readonly kind: "drop-project"; readonly name: string }
  | { readonly kind: "put-instance"; readonly record: InstanceRecord }
  | { readonly kind: "drop-instance"; readonly key: InstanceKey };

export interface KeptState {
  readonly projects: readonly ProjectSpec[];
  readonly instances: readonly InstanceRecord[];
}

/** Owns the file `state.db`. One writer: the daemon that holds the home's lock. */
export class StateDatabase {
  readonly #database: DatabaseSync;
  readonly #putProject: StatementSync;
  readonly #dropProject: StatementSync;
  readonly #putInstance: StatementSync;
  readonly #dropInstance: StatementSync;

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
    };
  }

  /** Writes all of them or none. They are on the disk when this returns. */
  write(changes: readonly StateChange[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const change of changes) this.#apply(change);
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
    }
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
  }
}
