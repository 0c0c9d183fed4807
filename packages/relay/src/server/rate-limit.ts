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
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Takes one: 0 when there was one, else the ms until there will be. */
  take(key: string): number {
    const { perSecond, burst } = this.#rate;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { left: burst, at: now };
    const left = this.#filled(bucket, now);
    if (left < 1) return Math.ceil(((1 - left) / perSecond) * 1_000);
    this.#buckets.set(key, { left: left - 1, at: now });
    return 0;
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
