import { type Clock, systemClock, type Timer } from "@holdfast/runtime";

/** One timer for everything that ticks at the same pace; none while nobody listens. */
class Ticker {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: Timer | undefined;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#arm();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#clock.clearTimeout(this.#timer);
    };
  };

  /** The wall clock, which stands still between two ticks. */
  readonly now = (): number => Math.floor(this.#clock.now() / this.#everyMs) * this.#everyMs;

  #arm(): void {
    const restMs = this.#everyMs - (this.#clock.now() % this.#everyMs);
    this.#timer = this.#clock.setTimeout(() => {
      this.#arm();
      for (const listener of [...this.#listeners]) listener();
    }, restMs);
  }
}

const tickers = new Map<number, Ticker>();

/** The ticker of that pace. */
export function tickerOf(everyMs: number): Pick<Ticker, "subscribe" | "now"> {
  const ticker = tickers.get(everyMs) ?? new Ticker(systemClock, everyMs);
  tickers.set(everyMs, ticker);
  return ticker;
}
