import type { Clock, Timer } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { StateChange } from "./state-database.ts";

/** What nobody waits for is written with the next change that somebody does, or after this time. */
const idleWriteMs = 50;

/** After a write that failed the next one is tried, although nothing new is to be written. */
const againMs = 1_000;

/** Writes changes for good, all of them or none: a `StateDatabase`, or memory in a test. */
export interface StateWriter {
  write(changes: readonly StateChange[]): void;
}

/**
 * All that is to be on the disk. Changes that come in one turn of the event loop share one write, so what was
 * decided together is kept together. They are on the disk when `saved()` resolves.
 */
export class Journal {
  readonly #clock: Clock;
  readonly #writer: StateWriter;
  readonly #unsaved = new Map<string, StateChange>();
  readonly #onceSaved: (() => void)[] = [];
  #saving: Promise<void> | undefined;
  #idle: Timer | undefined;

  constructor(clock: Clock, writer: StateWriter) {
    this.#clock = clock;
    this.#writer = writer;
  }

  /** A later change of the same `key` replaces the earlier one, which then need not be written. */
  keep(key: string, change: StateChange): void {
    this.#unsaved.delete(key);
    this.#unsaved.set(key, change);
    this.#keepSoon();
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
    if (this.#unsaved.size > 0) {
      failpoint("journal.write");
      try {
        this.#writer.write([...this.#unsaved.values()]);
      } catch (error) {
        this.#keepSoon(againMs);
        throw error;
      }
      failpoint("journal.written");
    }
    this.#unsaved.clear();
    for (const then of this.#onceSaved.splice(0)) then();
  }

  #keepSoon(afterMs = idleWriteMs): void {
    this.#idle ??= this.#clock.setTimeout(() => {
      this.#idle = undefined;
      // Nobody waits for it: what cannot be written stays in #unsaved and is tried again.
      this.saved().catch(() => undefined);
    }, afterMs);
  }
}
