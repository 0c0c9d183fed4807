import { type LockOptions, type LockRequest, RwLock } from "./lock.ts";

/** One `RwLock` for each key, there only while someone has it or waits for it. */
export class KeyedLock {
  readonly #options: LockOptions;
  readonly #locks = new Map<string, RwLock>();

  /** `name` says what the keys are: with `app`, a timeout names `app web`. */
  constructor(options: LockOptions = {}) {
    this.#options = options;
  }

  /** How many keys are held. */
  get size(): number {
    return this.#locks.size;
  }

  /** Runs `work` while it has the lock of `key`. Rejects as it does, or with `LOCK_TIMEOUT` or `CANCELLED` without running it. */
  async run<T>(key: string, work: () => T | Promise<T>, request?: LockRequest): Promise<T> {
    using _held = await this.acquire(key, request);
    return await work();
  }

  /** For `using held = await locks.acquire(key)`: it is held until then. Letting go twice does no harm. */
  async acquire(key: string, request?: LockRequest): Promise<Disposable> {
    const { name = "key" } = this.#options;
    const lock = this.#locks.get(key) ?? new RwLock({ ...this.#options, name: `${name} ${key}` });
    this.#locks.set(key, lock);
    const prune = () => void (this.#locks.get(key)?.isFree && this.#locks.delete(key));
    try {
      const held = await lock.acquire(request);
      return {
        [Symbol.dispose]: () => {
          held[Symbol.dispose]();
          prune();
        },
      };
    } catch (error) {
      prune();
      throw error;
    }
  }
}
