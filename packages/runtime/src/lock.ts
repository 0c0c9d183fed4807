import { type Clock, systemClock, type Timer } from "./clock.ts";
import { HoldfastError } from "./errors.ts";
import { CancelledError, type ShutdownToken } from "./shutdown.ts";

export interface LockOptions {
  /** How long to wait for the lock (code `LOCK_TIMEOUT`). Default: no limit. */
  readonly timeoutMs?: number;
  /** Ends the wait (code `CANCELLED`), never the work that has the lock. */
  readonly token?: ShutdownToken;
}

interface Waiter {
  readonly mode: "read" | "write";
  grant(): void;
}

/**
 * Many readers or one writer, first come, first served: a waiting writer is not overtaken by later readers.
 * Held for as long as the function given runs, whatever becomes of it.
 */
export class RwLock {
  readonly #clock: Clock;
  readonly #queue = new Set<Waiter>();
  #readers = 0;
  #writing = false;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Runs `work` beside other readers. Rejects as it does, or with `LOCK_TIMEOUT` or `CANCELLED` without running it. */
  read<T>(work: () => T | Promise<T>, options: LockOptions = {}): Promise<T> {
    return this.#with("read", work, options);
  }

  /** Runs `work` alone. */
  write<T>(work: () => T | Promise<T>, options: LockOptions = {}): Promise<T> {
    return this.#with("write", work, options);
  }

  async #with<T>(mode: Waiter["mode"], work: () => T | Promise<T>, options: LockOptions): Promise<T> {
    await this.#acquire(mode, options);
    try {
      return await work();
    } finally {
      if (mode === "read") this.#readers--;
      else this.#writing = false;
      this.#grantNext();
    }
  }

  #acquire(mode: Waiter["mode"], { timeoutMs, token }: LockOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      if (token?.reason) {
        reject(new CancelledError(token.reason));
        return;
      }
      let timer: Timer | undefined;
      let off: (() => void) | undefined;
      const leave = () => {
        this.#clock.clearTimeout(timer);
        off?.();
        this.#queue.delete(waiter);
      };
      const giveUp = (error: Error) => {
        leave();
        reject(error);
        // Whoever waited behind this one may be able to go now.
        this.#grantNext();
      };
      const waiter: Waiter = {
        mode,
        grant: () => {
          leave();
          resolve();
        },
      };
      this.#queue.add(waiter);
      this.#grantNext();
      if (!this.#queue.has(waiter)) return;
      off = token?.onCancel((reason) => giveUp(new CancelledError(reason)));
      if (timeoutMs === undefined) return;
      timer = this.#clock.setTimeout(() => {
        giveUp(
          new HoldfastError("LOCK_TIMEOUT", `no ${mode} lock within ${timeoutMs} ms`, { details: { mode } }),
        );
      }, timeoutMs);
    });
  }

  #grantNext(): void {
    for (const waiter of this.#queue) {
      if (this.#writing || (waiter.mode === "write" && this.#readers > 0)) return;
      if (waiter.mode === "read") this.#readers++;
      else this.#writing = true;
      waiter.grant();
    }
  }
}
