import type { Clock, Timer } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { StateChange } from "./state-database.ts";

/** What nobody waits for is written with the next change that somebody does, or after this time. */
const idleWriteMs = 50;

/** After a write that failed the next one is tried, although nothing new is to be written. */
const againMs = 1_000;

/** Writes changes for good, all of them or none: a `StateDatabase`, or memory in a test. */
export interface StateWriter {
  /**
   * They outlive this process when it returns, and with `throughPower` a power cut too, as does all that was written
   * before.
   */
  write(changes: readonly StateChange[], throughPower: boolean): void;
}

/**
 * All that is to be on the disk. Changes that come in one turn of the event loop share one write, so what was
 * decided together is kept together. They are on the disk when `saved()` resolves.
 */
export class Journal {
  readonly #clock: Clock;
  readonly #writer: StateWriter;
  readonly #atEndOfTurn: (work: () => void) => void;
  readonly #unsaved = new Map<string, StateChange>();
  readonly #onceSaved: (() => void)[] = [];
  /** True when something was written that a power cut may take. */
  #isUnsafe = false;
  #saving: Promise<void> | undefined;
  #throughPower = false;
  #idle: Timer | undefined;

  /** `atEndOfTurn` calls back once all that is ready now has run; a timer of 0 ms where nothing sooner is to be had. */
  constructor(
    clock: Clock,
    writer: StateWriter,
    atEndOfTurn: (work: () => void) => void = (work) => void clock.setTimeout(work, 0),
  ) {
    this.#clock = clock;
    this.#writer = writer;
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** A later change of the same `key` replaces the earlier one, which then need not be written. */
  keep(key: string, change: StateChange): void {
    this.#unsaved.delete(key);
    this.#unsaved.set(key, change);
    this.#keepSoon();
  }

  /** Resolves when all changes made so far are on the disk; rejects when they could not be written. */
  saved(): Promise<void> {
    if (this.#unsaved.size === 0 && !this.#isUnsafe) return this.#saving ?? Promise.resolve();
    this.#throughPower = true;
    return this.#save();
  }

  /**
   * As `saved`, but a power cut may still take them: enough for what a power cut ends anyway, such as a program that
   * is to be launched, and without a wait for the disk.
   */
  outlivesProcess(): Promise<void> {
    if (this.#unsaved.size === 0) return this.#saving ?? Promise.resolve();
    return this.#save();
  }

  /** Calls `then` once all changes made so far are on the disk; never, if that cannot be. */
  onceSaved(then: () => void): void {
    this.#onceSaved.push(then);
    this.#keepSoon();
  }

  /** Writes all changes made so far at once. After a failure they are kept and written with the next ones. */
  flush(throughPower = true): void {
    if (throughPower) {
      this.#clock.clearTimeout(this.#idle);
      this.#idle = undefined;
    }
    if (this.#unsaved.size > 0 || (throughPower && this.#isUnsafe)) {
      failpoint("journal.write");
      try {
        this.#writer.write([...this.#unsaved.values()], throughPower);
      } catch (error) {
        this.#keepSoon(againMs);
        throw error;
      }
      failpoint("journal.written");
      this.#isUnsafe = !throughPower;
    }
    this.#unsaved.clear();
    if (this.#isUnsafe) this.#keepSoon();
    else for (const then of this.#onceSaved.splice(0)) then();
  }

  #save(): Promise<void> {
    this.#saving ??= new Promise((resolve, reject) => {
      this.#atEndOfTurn(() => {
        const throughPower = this.#throughPower;
        this.#saving = undefined;
        this.#throughPower = false;
        try {
          this.flush(throughPower);
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    return this.#saving;
  }

  #keepSoon(afterMs = idleWriteMs): void {
    this.#idle ??= this.#clock.setTimeout(() => {
      this.#idle = undefined;
      try {
        this.flush();
      } catch {
        // Nobody waits for it: what cannot be written stays in #unsaved and is tried again.
      }
    }, afterMs);
  }
}
