import type { Cancellation } from "../abort.ts";
import { type Clock, microtasksDrained, type SleepEnd, sleepOn, type Timer } from "../clock.ts";
import type { Random } from "../random.ts";

class VirtualTimer implements Timer {
  readonly fn: () => void;
  readonly at: number;
  /** Orders timers of one instant. */
  readonly tie: number;
  readonly no: number;
  live = true;

  constructor(fn: () => void, at: number, tie: number, no: number) {
    this.fn = fn;
    this.at = at;
    this.tie = tie;
    this.no = no;
  }

  ref(): void {}

  unref(): void {}
}

/**
 * A clock that stands still until it is told to move. Wall time begins at `startMs` (2000-01-01 unless
 * given), monotonic time at 0. Timers of one instant run in the order they were set in or, with `ties`, in
 * one that is drawn from it.
 */
export class VirtualClock implements Clock {
  #wallOffset: number;
  #elapsed = 0;
  #pending = 0;
  #set = 0;
  // Sorted by due time, then tie, then the order they were set in.
  readonly #timers: VirtualTimer[] = [];
  readonly #ties: Pick<Random, "next"> | undefined;

  constructor(startMs: number = Date.UTC(2000, 0, 1), ties?: Pick<Random, "next">) {
    this.#wallOffset = startMs;
    this.#ties = ties;
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
    const at = this.#elapsed + Math.max(0, Number.isNaN(ms) ? 0 : ms);
    const timer = new VirtualTimer(fn, at, this.#ties?.next() ?? 0, ++this.#set);
    this.#timers.splice(this.#placeOf(timer), 0, timer);
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
    while (await this.#runNext(target));
    this.#elapsed = Math.max(this.#elapsed, target);
  }

  /**
   * Moves time to the timer that is due next, runs it, and then all microtasks. Resolves with its number
   * (timers count from 1, in the order they were set in), or `undefined` when none is left.
   */
  step(): Promise<number | undefined> {
    return this.#runNext(Number.MAX_VALUE);
  }

  async #runNext(target: number): Promise<number | undefined> {
    for (let timer = this.#timers[0]; timer && timer.at <= target; timer = this.#timers[0]) {
      this.#timers.shift();
      if (!timer.live) continue;
      timer.live = false;
      this.#pending--;
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.fn();
      await microtasksDrained();
      return timer.no;
    }
    return undefined;
  }

  #placeOf({ at, tie }: VirtualTimer): number {
    let [low, high] = [0, this.#timers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#timers[middle];
      if (!there || there.at < at || (there.at === at && there.tie <= tie)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
