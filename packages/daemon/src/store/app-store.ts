import type { Clock } from "@holdfast/runtime";
import { type Because, follows } from "../events/because.ts";
import { freshRecord, type InstanceKey, type InstanceRecord, keyText } from "./instance-record.ts";
import type { Journal } from "./journal.ts";

/** What of a record may be changed. */
export type RecordPatch = Partial<Omit<InstanceRecord, keyof InstanceKey | "since">>;

export interface RecordChange {
  readonly before: InstanceRecord;
  readonly after: InstanceRecord;
  readonly because: Because;
}

/**
 * The one truth about all instances. A change is seen by every listener before `update` returns, in order, and is
 * kept in the journal.
 */
export class AppStore {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #records = new Map<string, InstanceRecord>();
  readonly #listeners = new Set<(change: RecordChange) => void>();

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock;
    this.#journal = journal;
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
  update(key: InstanceKey, patch: RecordPatch, because: Because = follows): InstanceRecord {
    const before = this.get(key);
    const since =
      patch.state !== undefined && patch.state.kind !== before.state.kind ? this.#clock.now() : before.since;
    const after: InstanceRecord = { ...before, ...patch, since };
    this.#records.set(keyText(key), after);
    this.#journal.keep(keyText(key), { kind: "put-instance", record: after });
    for (const listener of this.#listeners) listener({ before, after, because });
    return this.get(key);
  }

  /** Keeps by which event a change was told. Tells nobody, and is on the disk together with the change. */
  keepTold(key: InstanceKey, told: InstanceRecord["told"] & {}): void {
    const record: InstanceRecord = { ...this.get(key), told };
    this.#records.set(keyText(key), record);
    this.#journal.keep(keyText(key), { kind: "put-instance", record });
  }

  drop(key: InstanceKey): void {
    this.#records.delete(keyText(key));
    this.#journal.keep(keyText(key), { kind: "drop-instance", key });
  }

  /** Hears of every change. Returns the function that ends it. */
  onChange(listener: (change: RecordChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
