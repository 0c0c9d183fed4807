import { type Clock, systemClock } from "@holdfast/runtime";
import type { AppStatus, DaemonEvent, Operation, SystemInfo, Usage } from "../api.ts";
import { instanceKey } from "./app-key.ts";
import { CalmTopic } from "./calm-topic.ts";
import { KeyedTopics } from "./keyed-topics.ts";
import { Topic } from "./topic.ts";

/** So many events are at hand; older ones are asked for. */
const mostEvents = 5_000;
const mostOperations = 500;
const burstMs = 50;
/** Of each instance: ten minutes of the fine samples. */
const mostUsages = 300;

/** What the page knows, all of it from the server. Views read and listen; only the connection writes. */
export class PageStore {
  /** When the set of instances changed. */
  readonly keysTopic: Topic = new Topic();
  /** When any row changed; what is drawn of one row listens to that one. */
  readonly anyRowTopic: Topic;
  readonly rowTopics: KeyedTopics = new KeyedTopics();
  readonly eventsTopic: Topic;
  readonly operationsTopic: Topic = new Topic();
  readonly usageTopics: KeyedTopics = new KeyedTopics();
  readonly systemTopic: Topic = new Topic();
  #rows: ReadonlyMap<string, AppStatus> = new Map();
  #keys: readonly string[] = [];
  #events: readonly DaemonEvent[] = [];
  #operations: ReadonlyMap<string, Operation> = new Map();
  readonly #sentences = new Map<string, string>();
  readonly #usages = new Map<string, readonly Usage[]>();
  #system: SystemInfo | undefined;
  #isLoaded = false;

  constructor(clock: Clock = systemClock) {
    this.anyRowTopic = new CalmTopic(clock, burstMs);
    this.eventsTopic = new CalmTopic(clock, burstMs);
  }

  /** False until the first list has come. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Every instance, by project, name and number. A new array only when the set changed. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  get rows(): ReadonlyMap<string, AppStatus> {
    return this.#rows;
  }

  row(key: string): AppStatus | undefined {
    return this.#rows.get(key);
  }

  /** The newest events, the oldest first. */
  get events(): readonly DaemonEvent[] {
    return this.#events;
  }

  /** Those that run, and those that ended while the page was open. */
  get operations(): ReadonlyMap<string, Operation> {
    return this.#operations;
  }

  /** What the server last said of an instance's state: it has the stage of an install, and the reason of a failure. */
  sentence(key: string): string | undefined {
    return this.#sentences.get(key);
  }

  /** What an instance used, the oldest first. */
  usages(key: string): readonly Usage[] {
    return this.#usages.get(key) ?? none;
  }

  get system(): SystemInfo | undefined {
    return this.#system;
  }

  /** The list as the server has it now. Rows in `newer` have been told of since it was asked for, and stay. */
  setRows(list: readonly AppStatus[], newer: ReadonlySet<string> = new Set()): void {
    const rows = new Map<string, AppStatus>();
    for (const row of list) {
      const key = instanceKey(row);
      const known = this.#rows.get(key);
      const isSame = known !== undefined && JSON.stringify(known) === JSON.stringify(row);
      rows.set(key, known !== undefined && (isSame || newer.has(key)) ? known : row);
    }
    const before = this.#rows;
    this.#rows = rows;
    this.#isLoaded = true;
    this.#sortKeys();
    for (const key of new Set([...before.keys(), ...rows.keys()])) {
      if (before.get(key) !== rows.get(key)) this.rowTopics.tell(key);
      if (!rows.has(key)) this.#usages.delete(key);
    }
    this.anyRowTopic.tell();
  }

  /** Events from before the page began. */
  setHistory(events: readonly DaemonEvent[]): void {
    this.#events = events;
    for (const event of events) this.#note(event);
    this.eventsTopic.tell();
    this.operationsTopic.tell();
  }

  takeEvent(event: DaemonEvent): void {
    const last = this.#events.at(-1);
    // After a reconnect none comes twice; this holds should the server count otherwise one day.
    if (last !== undefined && event.seq <= last.seq) return;
    this.#events = [...this.#events.slice(-mostEvents + 1), event];
    this.#note(event);
    if (event.app !== null) this.#takeRow(event.app);
    if (event.operation !== null) this.operationsTopic.tell();
    this.eventsTopic.tell();
  }

  takeUsages(usages: readonly Usage[]): void {
    const touched = new Set<string>();
    for (const usage of usages) {
      const key = instanceKey(usage);
      const before = this.usages(key);
      const last = before.at(-1);
      if (last !== undefined && last.time >= usage.time) continue;
      this.#usages.set(key, [...before.slice(-mostUsages + 1), usage]);
      touched.add(key);
    }
    for (const key of touched) this.usageTopics.tell(key);
  }

  setSystem(system: SystemInfo): void {
    this.#system = system;
    this.systemTopic.tell();
  }

  #takeRow(row: AppStatus): void {
    const key = instanceKey(row);
    const isNew = !this.#rows.has(key);
    this.#rows = new Map(this.#rows).set(key, row);
    if (isNew) this.#sortKeys();
    this.rowTopics.tell(key);
    this.anyRowTopic.tell();
  }

  #note({ app, operation, message }: DaemonEvent): void {
    if (app !== null) this.#sentences.set(instanceKey(app), message);
    if (operation === null) return;
    const operations = new Map(this.#operations).set(operation.id, operation);
    for (const [id, { state }] of operations) {
      if (operations.size <= mostOperations) break;
      if (state !== "running") operations.delete(id);
    }
    this.#operations = operations;
  }

  #sortKeys(): void {
    const sorted = [...this.#rows]
      .sort(
        ([, a], [, b]) => byName(a.project, b.project) || byName(a.name, b.name) || a.instance - b.instance,
      )
      .map(([key]) => key);
    if (sorted.length === this.#keys.length && sorted.every((key, index) => key === this.#keys[index]))
      return;
    this.#keys = sorted;
    this.keysTopic.tell();
  }
}

const none: readonly Usage[] = [];
const collator = new Intl.Collator(undefined, { numeric: true });

function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
