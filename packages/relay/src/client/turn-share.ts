import type { Clock } from "@holdfast/runtime";

/** For how long work that waits for nothing may keep all else waiting. */
const mostMs = 10;

/**
 * Lets all else have its turn beside work that waits for nothing, as a store that answers at once: a loop of it would keep
 * timers and connections of the whole program waiting until its end.
 */
export class TurnShare {
  readonly #clock: Clock;
  /** When the turn began in which there was work, monotonic ms; undefined once it has ended. */
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Before each piece of work: resolves in the next turn when this one has lasted, and at once otherwise. */
  async take(): Promise<void> {
    if (this.#since === undefined) {
      this.#since = this.#clock.monotonic();
      this.#clock.setTimeout(() => (this.#since = undefined), 0);
    } else if (this.#clock.monotonic() - this.#since >= mostMs) {
      await this.#clock.sleep(0);
    }
  }
}
