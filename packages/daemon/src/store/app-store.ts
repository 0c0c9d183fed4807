import type { Clock, Timer } from "@holdfast/runtime";
import { freshRecord, type InstanceKey, type InstanceRecord, keyText } from "./instance-record.ts";
import type { StateChange } from "./state-database.ts";

/** What of a record may be changed. */
export type RecordPatch = Partial<Omit<InstanceRecord, keyof InstanceKey | "since">>;

export interface RecordChange {
  readonly before: InstanceRecord;
  readonly after: InstanceRecord;
}

/** What nobody waits for is written with the next change that somebody does, or after this time. */
const idleWriteMs = 50;

/** Writes changes for good: a `StateDatabase`, or memory in a test. */
export interface StateWriter {
  write(changes: readonly StateChange[]): void;
}

/**
 * The one truth about all instances. A change is seen by every listener before `update` returns, in order; it is on
 * the disk when `saved()` resolves. Changes that come in one turn of the event loop share one write.
 */
export class AppStore {
  readonly #clock: Clock;
  readonly #writer: StateWriter;
  readonly #records = new Map<string, InstanceRecord>();
  readonly #listeners = new Set<(change: RecordChange) => void>();
  readonly #unsaved = new Map<string, StateChange>();
  readonly #onceSaved: (() => void)[] = [];
  #saving: Promise<void> | undefined;
  #idle: Timer | undefined;

  constructor(clock: Clock, writer: StateWriter) {
    this.#clock = clock;
    this.#writer = writer;
  }

  /** Takes what the database had; tells nobody. */
  restore(records: readonly InstanceRecord[]): void {
    for (const record of records) this.#records.set(keyText(record), { ...record, operation: null });
  }

  get(key: InstanceKey): InstanceRecord {
    return this.#records.get(keyText(key)) ?? freshRecord(key, this.#clock.now());
  }

  list(): readonly InstanceRecord[] {
    return [...this.#records.values()];
  }

  /** Changes a record and tells the listeners. An instance that was dropped meanwhile comes into being again: drop last. */
  update(key: InstanceKey, patch: RecordPatch): InstanceRecord {
    const before = this.get(key);
    const since =
      patch.state !== undefined && patch.state.kind !== before.state.kind ? this.#clock.now() : before.since;
    const after: InstanceRecord = { ...before, ...patch, since };
    this.#records.set(keyText(key), after);
    this.#keep(keyText(key), { kind: "put-instance", record: after });
    for (const listener of this.#listeners) listener({ before, after });
    return after;
  }

  drop(key: InstanceKey): void {
    this.#records.delete(keyText(key));
    this.#keep(keyText(key), { kind: "drop-instance", key });
  }

  /** Keeps a change to a project beside those to the instances, in the same write. */
  keepProject(change: Extract<StateChange, { kind: "put-project" | "drop-project" }>): void {
    this.#keep(change.kind === "put-project" ? change.spec.name : change.name, change);
  }

  /** Hears of every change. Returns the function that ends it. */
  onChange(listener: (change: RecordChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when all changes made so far are on the disk; rejects when they could not be written. */
  saved(): Promise<void> {
    if (this.#unsaved.size === 0) return this.#saving ?? Promise.resolve();
    this.#saving ??= new Promise((resolve, reject) => {
      this.#clock.setTimeout(() => {
        this.#saving = undefined;
        try {
          this.flush();
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }, 0);
    });
    return this.#saving;
  }

  /** Calls `then` once all changes made so far are on the disk; never, if that cannot be. */
  onceSaved(then: () => void): void {
    this.#onceSaved.push(then);
    this.#keepSoon();
  }

  /** Writes all changes made so far at once. After a failure they are kept and written with the next ones. */
  flush(): void {
    this.#clock.clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.#unsaved.size > 0) this.#writer.write([...this.#unsaved.values()]);
    this.#unsaved.clear();
    for (const then of this.#onceSaved.splice(0)) then();
  }

  #keep(key: string, change: StateChange): void {
    // A later change to the same thing replaces the earlier one, which then need not be written.
    this.#unsaved.delete(key);
    this.#unsaved.set(key, change);
    this.#keepSoon();
  }

  #keepSoon(): void {
    this.#idle ??= this.#clock.setTimeout(() => {
      this.#idle = undefined;
      // Nobody waits for it: what cannot be written stays in #unsaved and meets the next caller of saved().
      this.saved().catch(() => undefined);
    }, idleWriteMs);
  }
}
