import type { Cancellation } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";

/** How a wait ended. */
export type WakeEnd = "woken" | "elapsed" | "cancelled";

/**
 * A signal that says *look now* and carries nothing. Any number of notifications before the next wait make
 * one; none is lost, however it falls between waits. For one waiting loop.
 */
export class Wake {
  readonly #clock: Clock;
  #notified = false;
  #waiting: (() => void) | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Ends the wait under way, or else the next one at once. */
  notify(): void {
    this.#notified = true;
    this.#waiting?.();
  }

  /** Forgets what was notified until now: for a waiter that is about to look anyway. */
  forget(): void {
    this.#notified = false;
  }

  /** Waits for a notification, at most `everyMs` (`Infinity`: for ever), and no longer than `token` lives. */
  wait(everyMs: number, token?: Cancellation): Promise<WakeEnd> {
    if (token?.isCancelled) return Promise.resolve("cancelled");
    if (this.#waiting) throw new TypeError("a wake has one waiter at a time");
    const waited = new Promise<WakeEnd>((resolve) => {
      const end = (how: WakeEnd) => {
        this.#waiting = undefined;
        this.#clock.clearTimeout(timer);
        off?.();
        resolve(how);
      };
      const timer =
        everyMs < Number.POSITIVE_INFINITY
          ? this.#clock.setTimeout(() => end("elapsed"), everyMs)
          : undefined;
      const off = token?.onCancel(() => end("cancelled"));
      this.#waiting = () => end("woken");
      if (this.#notified) end("woken");
    });
    // Taken back only as the waiter goes on: what is notified until then, it is about to see.
    void waited.then((how) => {
      if (how === "woken") this.#notified = false;
    });
    return waited;
  }
}
