import type { Clock } from "@holdfast/runtime";
import type { DaemonEvent } from "../api/contract.ts";

/** How many events are kept to be read again. */
const kept = 10_000;

/** Everything that happened since the daemon began, in order, as far back as it is kept. */
export class EventLog {
  readonly #clock: Clock;
  readonly #events: DaemonEvent[] = [];
  readonly #listeners = new Set<(event: DaemonEvent) => void>();
  #seq: number;

  /** Numbers go on from the clock, so that they grow over restarts of the daemon too. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seq = clock.now() * 1_000;
  }

  /** The number of the last event. */
  get seq(): number {
    return this.#seq;
  }

  publish(event: Omit<DaemonEvent, "seq" | "time">): void {
    const numbered: DaemonEvent = {
      seq: ++this.#seq,
      time: new Date(this.#clock.now()).toISOString(),
      ...event,
    };
    this.#events.push(numbered);
    if (this.#events.length > kept) this.#events.shift();
    for (const listener of this.#listeners) listener(numbered);
  }

  /** The events after number `after`, the oldest first. */
  read(after: number, limit: number = kept): readonly DaemonEvent[] {
    const first = this.#events[0]?.seq ?? this.#seq + 1;
    return this.#events.slice(Math.max(0, after + 1 - first)).slice(0, limit);
  }

  /** Hears of every event from now on. Returns the function that ends it. */
  onEvent(listener: (event: DaemonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
