import type { Clock, Timer } from "@holdfast/runtime";

const spokes = 16;

/**
 * One timer for all readers: each is due once in a period, and they are spread evenly over it, however many came at the
 * same moment.
 */
export class HeartbeatWheel<T> {
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #onDue: (due: ReadonlySet<T>) => void;
  readonly #spokes: readonly Set<T>[] = Array.from({ length: spokes }, () => new Set<T>());
  #at = 0;
  #count = 0;
  #timer: Timer | undefined;

  /** `onDue` is called with those that are due; it may take some off. */
  constructor(clock: Clock, periodMs: number, onDue: (due: ReadonlySet<T>) => void) {
    this.#clock = clock;
    this.#stepMs = periodMs / spokes;
    this.#onDue = onDue;
  }

  /** Returns what takes it off again. */
  add(item: T): () => void {
    const spoke = this.#spokes.reduce((least, each) => (each.size < least.size ? each : least));
    spoke.add(item);
    this.#count++;
    this.#timer ??= this.#clock.setTimeout(this.#turn, this.#stepMs);
    return () => {
      if (!spoke.delete(item)) return;
      this.#count--;
      if (this.#count > 0) return;
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  readonly #turn = (): void => {
    this.#timer = this.#clock.setTimeout(this.#turn, this.#stepMs);
    const due = this.#spokes[this.#at];
    this.#at = (this.#at + 1) % spokes;
    if (due !== undefined) this.#onDue(due);
  };
}
