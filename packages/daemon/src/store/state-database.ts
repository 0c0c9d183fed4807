/** What outlives the daemon, in SQLite: the projects as they were applied, and the record of every instance. */
import { DatabaseSync } from "node:sqlite";
import { ensurePrivateFile } from "@holdfast/platform";
import { HoldfastError } from "@holdfast/runtime";
import type { DaemonEvent } from "../api/contract.ts";
import type { OperationFilter } from "../apps/operation-log.ts";
import { type Delivery, keyOf } from "../hooks/delivery.ts";
import type { ProjectSpec } from "../spec/app-spec.ts";
import { type InstanceKey, type InstanceRecord, keyText } from "./instance-record.ts";
import { type OperationRecord, rememberedOperations } from "./operation-record.ts";
import { openJson, sealJson } from "./sealed-json.ts";
import type { DesiredState } from "./state-backup.ts";
import { DamagedState, isDamage, unwritten } from "./state-damage.ts";
import { prepareStatements, type Statements } from "./state-statements.ts";

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
  CREATE TABLE IF NOT EXISTS delivery (key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT OR IGNORE INTO meta VALUES ('generation', 0);
  INSERT OR REPLACE INTO meta VALUES ('schema', ${schemaVersion});
`;

/** SQLite returns when the disk has it. */
const safe = "FULL";

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
  | { readonly kind: "put-event"; readonly event: DaemonEvent }
  | { readonly kind: "put-delivery"; readonly delivery: Delivery }
  | { readonly kind: "drop-delivery"; readonly key: string };

export interface KeptState {
  readonly projects: readonly ProjectSpec[];
  readonly instances: readonly InstanceRecord[];
  /** The last ones, the oldest first. */
  readonly operations: readonly OperationRecord[];
  /** What is still owed to webhooks and `on_exit` commands, in any order. */
  readonly deliveries?: readonly Delivery[];
}

/** Owns the file `state.db`. One writer: the daemon that holds the home's lock. */
export class StateDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /** Whether each instance is to run, as far as it was read or written. */
  readonly #wanted = new Map<string, boolean>();
  #onDesired: () => void = () => undefined;
  #sincePruned = 0;
  #waitsForDisk = true;

  /**
   * Throws `STATE_TOO_NEW` when a later version of Holdfast wrote the file, `STATE_DAMAGED` when it is not as it was
   * written, and `STATE_UNREADABLE` when the system does not let it be read.
   */
  constructor(path: string) {
    // SQLite gives the files beside it the same mode.
    if (path !== ":memory:") ensurePrivateFile(path);
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${safe}; PRAGMA busy_timeout = 2000;`,
      );
      this.#migrate(path);
      this.#statements = prepareStatements(this.#database);
    } catch (error) {
      this.#database.close();
      if (error instanceof HoldfastError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (isDamage(error)) throw new DamagedState(reason, error);
      throw new HoldfastError("STATE_UNREADABLE", `${path} cannot be read: ${reason}`, {
        details: { path },
        cause: error,
      });
    }
  }

  /** Throws `STATE_DAMAGED`. */
  load(): KeptState {
    return readWhole(() => {
      const { projects, instances } = this.desired();
      const operations = this.#database
        .prepare("SELECT record FROM operation ORDER BY since DESC, rowid DESC LIMIT ?")
        .all(rememberedOperations)
        .map((row) => openJson(String(row["record"])) as OperationRecord)
        .reverse();
      // What cannot be read is told to nobody, and is no reason not to keep apps up.
      const owed = this.#database.prepare("SELECT record FROM delivery").all();
      const deliveries = owed.flatMap(readable<Delivery>("record"));
      return { projects, instances, operations, deliveries };
    });
  }

  /** What is to run. Throws `STATE_DAMAGED`. */
  desired(): DesiredState {
    return readWhole(() => ({
      generation: this.generation,
      projects: this.#database.prepare("SELECT name, spec FROM project ORDER BY rowid").all().map(projectOf),
      instances: this.#database
        .prepare("SELECT project, name, instance, record FROM instance")
        .all()
        .map((row) => {
          const record = instanceOf(row);
          this.#wanted.set(keyText(record), record.wanted);
          return record;
        }),
    }));
  }

  /** Grows with every change of what is to run. */
  get generation(): number {
    const row = this.#database.prepare("SELECT value FROM meta WHERE name = 'generation'").get();
    return Number(row?.["value"] ?? 0);
  }

  /** Called after each write that changed what is to run. */
  onDesired(listener: () => void): void {
    this.#onDesired = listener;
  }

  /** Takes what a backup had into a new file. */
  restore({ generation, projects, instances }: DesiredState): void {
    this.write([
      ...projects.map((spec) => ({ kind: "put-project", spec }) as const),
      ...instances.map((record) => ({ kind: "put-instance", record }) as const),
    ]);
    this.#database.prepare("UPDATE meta SET value = ? WHERE name = 'generation'").run(generation + 1);
  }

  /** The number of the last event, 0 where there is none. */
  lastEvent(): number {
    return Number(this.#database.prepare("SELECT max(seq) AS seq FROM event").get()?.["seq"] ?? 0);
  }

  /** The events after number `after`, the oldest first; one that cannot be read is left out. */
  readEvents(after: number, limit: number, project?: string): readonly DaemonEvent[] {
    return this.#statements.readEvents
      .all(after, project ?? null, limit)
      .flatMap(readable<DaemonEvent>("event"))
      .map(withCause);
  }

  /** The last events before number `before`, the oldest first. */
  readEventsBefore(before: number, limit: number, project?: string): readonly DaemonEvent[] {
    const rows = this.#statements.readEventsBefore.all(before, project ?? null, limit);
    return rows.flatMap(readable<DaemonEvent>("event")).map(withCause).reverse();
  }

  /** The last `limit` operations that match, the newest first; one that cannot be read is left out. */
  readOperations({
    project,
    name,
    since = 0,
    limit,
  }: OperationFilter & { readonly limit: number }): readonly OperationRecord[] {
    const rows = this.#statements.readOperations.all(since, project ?? null, name ?? null, limit);
    return rows.flatMap(readable<OperationRecord>("record"));
  }

  /**
   * Writes all of them or none. They outlive this process when it returns, and a power cut unless `throughPower` is
   * false. Throws `E_NO_SPACE` when there is no room for them, `STATE_UNWRITABLE` when the system refuses them otherwise.
   */
  write(changes: readonly StateChange[], throughPower = true): void {
    try {
      this.#waitForDisk(throughPower);
      this.#database.exec("BEGIN IMMEDIATE");
      // Only a transaction that changes something makes SQLite see to the log, with all that was written before.
      if (changes.length === 0) this.#statements.touch.run();
      for (const change of changes) this.#apply(change);
      const isOther = changes.some((change) => this.#changesDesired(change));
      if (isOther) this.#statements.nextGeneration.run();
      this.#prune(changes.length);
      this.#database.exec("COMMIT");
      for (const change of changes) this.#remember(change);
      if (isOther) this.#onDesired();
    } catch (error) {
      // After some failures, such as a full disk, SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw unwritten(error);
    }
  }

  /** In write-ahead mode `NORMAL` keeps the database whole in a power cut too, but for its last transactions. */
  #waitForDisk(throughPower: boolean): void {
    if (this.#waitsForDisk === throughPower) return;
    this.#database.exec(`PRAGMA synchronous = ${throughPower ? safe : "NORMAL"}`);
    this.#waitsForDisk = throughPower;
  }

  #changesDesired(change: StateChange): boolean {
    switch (change.kind) {
      case "put-project":
      case "drop-project":
      case "drop-instance":
        return true;
      case "put-instance":
        return this.#wanted.get(keyText(change.record)) !== change.record.wanted;
      case "put-operation":
      case "put-event":
      case "put-delivery":
      case "drop-delivery":
        return false;
    }
  }

  #remember(change: StateChange): void {
    if (change.kind === "put-instance") this.#wanted.set(keyText(change.record), change.record.wanted);
    else if (change.kind === "drop-instance") this.#wanted.delete(keyText(change.key));
  }

  /** True when a small change can be written now, whatever the file system says of its room. */
  canWrite(): boolean {
    try {
      this.#waitForDisk(true);
      this.#statements.touch.run();
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#database.close();
  }

  #apply(change: StateChange): void {
    switch (change.kind) {
      case "put-project":
        this.#statements.putProject.run(change.spec.name, sealJson(change.spec));
        return;
      case "drop-project":
        this.#statements.dropProject.run(change.name);
        return;
      case "put-instance": {
        const { project, name, instance } = change.record;
        this.#statements.putInstance.run(project, name, instance, sealJson(change.record));
        return;
      }
      case "drop-instance":
        this.#statements.dropInstance.run(change.key.project, change.key.name, change.key.instance);
        return;
      case "put-operation":
        this.#statements.putOperation.run(
          change.record.id,
          Date.parse(change.record.since),
          sealJson(change.record),
        );
        return;
      case "put-event":
        this.#statements.putEvent.run(change.event.seq, sealJson(change.event));
        return;
      case "put-delivery":
        this.#statements.putDelivery.run(keyOf(change.delivery), sealJson(change.delivery));
        return;
      case "drop-delivery":
        this.#statements.dropDelivery.run(change.key);
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
    const found = this.#database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (found !== "ok") throw new DamagedState(String(found));
    const version = Number(this.#database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > schemaVersion) {
      // Whoever writes a later version says so in both places: one place alone is a flipped bit.
      if (this.#writtenSchema() <= schemaVersion) throw new DamagedState("its version is wrong");
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

  #writtenSchema(): number {
    try {
      const row = this.#database.prepare("SELECT value FROM meta WHERE name = 'schema'").get();
      return Number(row?.["value"] ?? Number.POSITIVE_INFINITY);
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }
}

type Row = Readonly<Record<string, unknown>>;

function projectOf(row: Row): ProjectSpec {
  const spec = openJson(String(row["spec"])) as ProjectSpec;
  if (spec.name !== row["name"]) throw new SyntaxError(`${spec.name} is kept as ${String(row["name"])}`);
  return spec;
}

function instanceOf(row: Row): InstanceRecord {
  const record = openJson(String(row["record"])) as InstanceRecord;
  const { project, name, instance } = row;
  if (record.project === project && record.name === name && record.instance === instance) return record;
  throw new SyntaxError(`${keyText(record)} is kept under another name`);
}

/** An earlier version wrote no causes down. */
function withCause(event: DaemonEvent): DaemonEvent {
  return { ...event, cause: event.cause ?? { origin: null, after: null } };
}

function readWhole<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    if (isDamage(error))
      throw new DamagedState(error instanceof Error ? error.message : String(error), error);
    throw error;
  }
}

/** What happened is told as far as it can be read: nothing depends on it. */
function readable<T>(column: string): (row: Readonly<Record<string, unknown>>) => readonly T[] {
  return (row) => {
    try {
      return [openJson(String(row[column])) as T];
    } catch {
      return [];
    }
  };
}
