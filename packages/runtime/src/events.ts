import { surface } from "./errors.ts";

/** Told to a reader in the place of the events it was too slow for. */
export interface Lagged {
  readonly type: "lagged";
  readonly lost: number;
}

/** How a bus treats those who read too slowly. */
export interface EventBusOptions {
  /** Events kept for a reader that does not read; the oldest go first. Default 1,024. */
  readonly capacity?: number;
}

/** One reader's view of a bus: iterate it, or `return()` it, to let go of its buffer. */
export type EventReader<T> = AsyncIterableIterator<T | Lagged>;

/** Publishes to any number of readers, of whom none can slow the publisher or grow without bound. */
export class EventBus<T> {
  readonly #capacity: number;
  readonly #listeners = new Set<{ readonly call: (event: T) => void }>();
  readonly #readers = new Set<Reader<T>>();
  #closed = false;

  constructor(options: EventBusOptions = {}) {
    this.#capacity = options.capacity ?? 1_024;
  }

  /** Hands `event` to every listener, in the order they subscribed, and to every reader's buffer. */
  publish(event: T): void {
    if (this.#closed) return;
    for (const listener of this.#listeners) {
      try {
        listener.call(event);
      } catch (error) {
        surface(error);
      }
    }
    for (const reader of this.#readers) reader.push(event);
  }

  /** Calls `listener` synchronously with every event from now on. Returns a function that takes it off. */
  subscribe(listener: (event: T) => void): () => void {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** A reader that gets every event from this call on, or a `Lagged` where it was too slow. Ends with `close`. */
  events(): EventReader<T> {
    const reader: Reader<T> = new Reader(this.#capacity, () => this.#readers.delete(reader));
    if (this.#closed) reader.close();
    else this.#readers.add(reader);
    return reader;
  }

  /** No event comes after this one; readers end when they have read what they hold. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }
}

class Reader<T> implements AsyncIterableIterator<T | Lagged> {
  readonly #capacity: number;
  readonly #leave: () => void;
  readonly #waiting: ((result: IteratorResult<T | Lagged>) => void)[] = [];
  #buffer: T[] = [];
  #lost = 0;
  #closed = false;

  constructor(capacity: number, leave: () => void) {
    this.#capacity = capacity;
    this.#leave = leave;
  }

  push(event: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting({ done: false, value: event });
      return;
    }
    this.#buffer.push(event);
    if (this.#buffer.length > this.#capacity) {
      this.#buffer.shift();
      this.#lost++;
    }
  }

  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T | Lagged>> {
    if (this.#lost > 0) {
      const lost = this.#lost;
      this.#lost = 0;
      return Promise.resolve({ done: false, value: { type: "lagged", lost } });
    }
    if (this.#buffer.length > 0) return Promise.resolve({ done: false, value: this.#buffer.shift() as T });
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T | Lagged>> {
    this.#leave();
    this.#buffer = [];
    this.#lost = 0;
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
