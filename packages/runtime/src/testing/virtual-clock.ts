import type { Cancellation } from "../abort.ts";
import { type Clock, microtasksDrained, type SleepEnd, sleepOn, type Timer } from "../clock.ts";

class VirtualTimer implements Timer {
  readonly fn: () => void;
  readonly at: number;
  live = true;

  constructor(fn: () => void, at: number) {
    this.fn = fn;
    this.at = at;
  }

  ref(): void {}

  unref(): void {}
}

/**
 * A clock that stands still until it is told to move. Wall time begins at `startMs` (2000-01-01 unless
 * given), monotonic time at 0.
 */
export class VirtualClock implements Clock {
  #wallOffset: number;
  #elapsed = 0;
  #pending = 0;
  // Sorted by due time; timers of one instant keep the order they were set in.
  readonly #timers: VirtualTimer[] = [];

  constructor(startMs: number = Date.UTC(2000, 0, 1)) {
    this.#wallOffset = startMs;
  }

  now(): number {
    return this.#wallOffset + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Sets the wall clock alone, as an operator or NTP would. No timer moves. */
  setWall(ms: number): void {
    this.#wallOffset = ms - this.#elapsed;
  }

  /** Timers set and neither run nor cleared. 0 after a clean stop. */
  get pending(): number {
    return this.#pending;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    const timer = new VirtualTimer(fn, this.#elapsed + Math.max(0, Number.isNaN(ms) ? 0 : ms));
    this.#timers.splice(this.#placeOf(timer.at), 0, timer);
    this.#pending++;
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (!(timer instanceof VirtualTimer) || !timer.live) return;
    timer.live = false;
    this.#pending--;
  }

  sleep(ms: number, token?: Cancellation): Promise<SleepEnd> {
    return sleepOn(this, ms, token);
  }

  /**
   * Moves time forward by `ms`, running every timer that falls due, in order, at its own instant; before
   * the first, and after each, all microtasks run. `advance(0)` drains microtasks and runs what is due now.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    await microtasksDrained();
    for (let timer = this.#timers[0]; timer && timer.at <= target; timer = this.#timers[0]) {
      this.#timers.shift();
      if (!timer.live) continue;
      timer.live = false;
      this.#pending--;
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.fn();
      await microtasksDrained();
    }
    this.#elapsed = Math.max(this.#elapsed, target);
  }

  #placeOf(at: number): number {
    let [low, high] = [0, this.#timers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
