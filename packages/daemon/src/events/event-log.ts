import type { Clock } from "@holdfast/runtime";
import type { DaemonEvent } from "../api/contract.ts";
import type { Journal } from "../store/journal.ts";

/** How many of the newest events are at hand without a look at the disk. */
const atHand = 2_000;

/** How many are read at once where nobody says how many. */
const usualLimit = 10_000;

/** Events that were written down, read again: a `StateDatabase`, or memory in a test. */
export interface EventArchive {
  /** The number of the last event, 0 where there is none. */
  lastEvent(): number;
  readEvents(after: number, limit: number, project?: string): readonly DaemonEvent[];
  /** The last ones before number `before`, the oldest first. */
  readEventsBefore(before: number, limit: number, project?: string): readonly DaemonEvent[];
}

/** Everything that happened, in order, as far back as it is kept: also before this daemon began. */
export class EventLog {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #archive: EventArchive;
  readonly #events: DaemonEvent[] = [];
  readonly #listeners = new Set<(event: DaemonEvent) => void>();
  #seq: number;
  #count = 0;

  /**
   * Numbers go on from the clock: what an earlier daemon told and could not write down before it was killed has a
   * number that no other event gets.
   */
  constructor(clock: Clock, journal: Journal, archive: EventArchive) {
    this.#clock = clock;
    this.#journal = journal;
    this.#archive = archive;
    this.#seq = Math.max(clock.now() * 1_000, archive.lastEvent());
  }

  /** The number of the last event. */
  get seq(): number {
    return this.#seq;
  }

  /** How many were told since this daemon began. */
  get count(): number {
    return this.#count;
  }

  /** Returns its number. */
  publish(event: Omit<DaemonEvent, "seq" | "time">): number {
    this.#count++;
    const numbered: DaemonEvent = {
      seq: ++this.#seq,
      time: new Date(this.#clock.now()).toISOString(),
      ...event,
    };
    this.#events.push(numbered);
    if (this.#events.length > atHand) this.#events.shift();
    this.#journal.keep(`event ${numbered.seq}`, { kind: "put-event", event: numbered });
    for (const listener of this.#listeners) listener(numbered);
    return numbered.seq;
  }

  /** The event of that number; undefined where it is not kept any more. */
  get(seq: number): DaemonEvent | undefined {
    const first = this.#events[0]?.seq;
    // Those of this daemon have no gap.
    if (first !== undefined && seq >= first) return this.#events[seq - first];
    const [found] = this.#archive.readEvents(seq - 1, 1);
    return found?.seq === seq ? found : undefined;
  }

  /** The first `limit` events after number `after`, of one project or of all, the oldest first. */
  read(after: number, limit: number = usualLimit, project?: string): readonly DaemonEvent[] {
    const first = this.#events[0]?.seq ?? this.#seq + 1;
    const own = ofProject(this.#events.slice(Math.max(0, after + 1 - first)), project);
    if (after + 1 >= first) return own.slice(0, limit);
    const older = this.#archive.readEvents(after, limit, project).filter(({ seq }) => seq < first);
    return [...older, ...own.slice(0, limit - older.length)];
  }

  /** The last `count` events before number `before`, of one project or of all, the oldest first. */
  readLast(count: number, project?: string, before: number = this.#seq + 1): readonly DaemonEvent[] {
    const first = this.#events[0]?.seq ?? this.#seq + 1;
    const own = ofProject(this.#events.slice(0, Math.max(0, before - first)), project);
    if (own.length >= count) return own.slice(own.length - count);
    const older = this.#archive.readEventsBefore(Math.min(first, before), count - own.length, project);
    return [...older, ...own];
  }

  /** Hears of every event from now on. Returns the function that ends it. */
  onEvent(listener: (event: DaemonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function ofProject(events: readonly DaemonEvent[], project: string | undefined): readonly DaemonEvent[] {
  return project === undefined ? events : events.filter((event) => event.project === project);
}
