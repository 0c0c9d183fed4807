import type { Clock } from "@holdfast/runtime";
import type { Rate } from "./options.ts";

interface Bucket {
  left: number;
  at: number;
}

/** One bucket of tokens for each key, filled as time goes by (https://en.wikipedia.org/wiki/Token_bucket). */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #most: number;
  /** Whoever was heard of last is last. */
  readonly #buckets = new Map<string, Bucket>();

  /** Beyond `most` keys the one that was not heard of for longest is forgotten. Default: none is. */
  constructor(clock: Clock, rate: Rate, most: number = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.#rate = rate;
    this.#most = most;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one: 0 when there was one, else the ms until there will be. */
  take(key: string): number {
    const { perSecond, burst } = this.#rate;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { left: burst, at: now };
    const left = this.#filled(bucket, now);
    const isTaken = left >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: isTaken ? left - 1 : left, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#most && oldest !== undefined) this.#buckets.delete(oldest);
    return isTaken ? 0 : Math.ceil(((1 - left) / perSecond) * 1_000);
  }

  /** Forgets those that are full again. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [key, bucket] of this.#buckets) {
      if (this.#filled(bucket, now) >= this.#rate.burst) this.#buckets.delete(key);
    }
  }

  #filled({ left, at }: Bucket, now: number): number {
    return Math.min(this.#rate.burst, left + ((now - at) / 1_000) * this.#rate.perSecond);
  }
}
