import { type Clock, systemClock, type Timer } from "./clock.ts";
import { HoldfastError } from "./errors.ts";
import { CancelledError, type ShutdownToken } from "./shutdown.ts";

/** `read` is shared with other readers, `write` with nobody. */
export type LockMode = "read" | "write";

/** What a lock is made with. */
export interface LockOptions {
  /** What is locked, for the message of a timeout. */
  readonly name?: string;
  readonly clock?: Clock;
}

/** How one lock is asked for: by whom, for what, and for how long at most. */
export interface LockRequest {
  /** Default `write`. */
  readonly mode?: LockMode;
  /** Who asks: those who wait for it in vain are told. */
  readonly as?: string;
  /** How long to wait for the lock (code `LOCK_TIMEOUT`). Default: no limit. */
  readonly timeoutMs?: number;
  /** Ends the wait (code `CANCELLED`), never the work that has the lock. */
  readonly token?: ShutdownToken;
}

/** Who has a lock, and for how long already. */
export interface LockHolder {
  readonly as: string;
  readonly mode: LockMode;
  readonly heldMs: number;
}

/** The `details` of a `LOCK_TIMEOUT`. */
export interface LockTimeout {
  readonly name: string;
  readonly mode: LockMode;
  readonly timeoutMs: number;
  readonly holders: readonly LockHolder[];
}

interface Waiter {
  readonly mode: LockMode;
  grant(): void;
}

/**
 * Many readers or one writer, first come, first served: a waiting writer is not overtaken by later readers.
 * Whoever has it and asks again for itself waits in vain.
 */
export class RwLock {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #holders = new Set<{ readonly as: string; readonly mode: LockMode; readonly since: number }>();
  readonly #queue = new Set<Waiter>();

  constructor({ name = "lock", clock = systemClock }: LockOptions = {}) {
    this.#name = name;
    this.#clock = clock;
  }

  /** Nobody has it, and nobody waits. */
  get isFree(): boolean {
    return this.#holders.size + this.#queue.size === 0;
  }

  /** Runs `work` beside other readers. Rejects as it does, or with `LOCK_TIMEOUT` or `CANCELLED` without running it. */
  read<T>(work: () => T | Promise<T>, request?: Omit<LockRequest, "mode">): Promise<T> {
    return this.#with({ ...request, mode: "read" }, work);
  }

  /** Runs `work` alone. */
  write<T>(work: () => T | Promise<T>, request?: Omit<LockRequest, "mode">): Promise<T> {
    return this.#with({ ...request, mode: "write" }, work);
  }

  /** For `using held = await lock.acquire()`: it is held until then. Letting go twice does no harm. */
  acquire({
    mode = "write",
    as = "someone",
    timeoutMs = Number.POSITIVE_INFINITY,
    token,
  }: LockRequest = {}): Promise<Disposable> {
    return new Promise((resolve, reject) => {
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
          const hold = { as, mode, since: this.#clock.monotonic() };
          this.#holders.add(hold);
          resolve({
            [Symbol.dispose]: () => {
              this.#holders.delete(hold);
              this.#grantNext();
            },
          });
        },
      };
      if (token?.reason) {
        reject(new CancelledError(token.reason));
        return;
      }
      this.#queue.add(waiter);
      this.#grantNext();
      if (!this.#queue.has(waiter)) return;
      off = token?.onCancel((reason) => giveUp(new CancelledError(reason)));
      if (timeoutMs < Number.POSITIVE_INFINITY) {
        timer = this.#clock.setTimeout(() => giveUp(this.#timeout(mode, timeoutMs)), timeoutMs);
      }
    });
  }

  async #with<T>(request: LockRequest, work: () => T | Promise<T>): Promise<T> {
    using _held = await this.acquire(request);
    return await work();
  }

  #grantNext(): void {
    for (const waiter of this.#queue) {
      const [holder] = this.#holders;
      if (holder && (holder.mode === "write" || waiter.mode === "write")) return;
      waiter.grant();
    }
  }

  #timeout(mode: LockMode, timeoutMs: number): HoldfastError<"LOCK_TIMEOUT", LockTimeout> {
    const now = this.#clock.monotonic();
    const holders = Array.from(this.#holders, ({ as, mode, since }) => ({
      as,
      mode,
      heldMs: Math.round(now - since),
    }));
    const who = holders.map((holder) => `${holder.as} (${holder.mode}, for ${holder.heldMs} ms)`).join(", ");
    return new HoldfastError(
      "LOCK_TIMEOUT",
      `no ${mode} lock of ${this.#name} within ${timeoutMs} ms: held by ${who}`,
      { details: { name: this.#name, mode, timeoutMs, holders } },
    );
  }
}
