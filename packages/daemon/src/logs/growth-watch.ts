import { type FSWatcher, statSync, watch } from "node:fs";
import type { Clock, Timer } from "@holdfast/runtime";

const sampleMs = 20;
const unwatchedSampleMs = 250;

/**
 * Tells when a file has grown. The first write wakes it; while a file keeps growing it is only looked at every 20 ms,
 * so an app that floods its log costs no more than one that writes steadily.
 */
export class GrowthWatch {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onGrowth: (size: number) => void;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #size: number;
  #closed = false;

  /** The file must exist. Growth beyond `size` is told. */
  constructor(path: string, size: number, clock: Clock, onGrowth: (size: number) => void) {
    this.#path = path;
    this.#size = size;
    this.#clock = clock;
    this.#onGrowth = onGrowth;
    this.#watch();
  }

  /** Looks now; true when it had grown. */
  sample(): boolean {
    const size = this.look();
    if (size !== undefined) this.#onGrowth(size);
    return size !== undefined;
  }

  /** Looks now; how long it is, when it had grown. Whoever asks is told, and nobody else. */
  look(): number | undefined {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (size === this.#size) return undefined;
    this.#size = size;
    return size;
  }

  /** Looks a last time and lets go. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    this.#clock.clearTimeout(this.#timer);
    this.sample();
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#woken());
      this.#watcher.on("error", () => this.#unwatch());
    } catch {
      // No watch to be had (the system's limit is reached): look again and again instead.
      this.#later(unwatchedSampleMs);
      return;
    }
    // What was written before the watch began woke nobody.
    if (this.sample()) this.#woken();
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #woken(): void {
    if (this.#closed) return;
    this.#unwatch();
    this.sample();
    this.#later(sampleMs);
  }

  #later(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      if (this.sample()) this.#later(sampleMs);
      else this.#watch();
    }, ms);
    this.#timer.unref();
  }
}
