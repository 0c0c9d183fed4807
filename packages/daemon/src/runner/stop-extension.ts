import type { Clock } from "@holdfast/runtime";
import type { OnNotified } from "./runner.ts";

/** However often an app asks: a stop is bounded. */
const mostMs = 600_000;

/** How much longer a run that is being stopped asked to be waited for (`EXTEND_TIMEOUT_USEC`), ten minutes at most. */
export class StopExtension implements Disposable {
  readonly #leave: () => void;
  /** What it asked before the stop began does not count. */
  #extensions: number | undefined;
  #until = 0;

  constructor(clock: Clock, onNotified: OnNotified) {
    const last = clock.monotonic() + mostMs;
    let isFirst = true;
    this.#leave = onNotified(({ extensions, extensionMs }) => {
      const before = this.#extensions ?? (isFirst ? extensions : 0);
      this.#extensions = extensions;
      if (extensions > before) this.#until = Math.min(last, clock.monotonic() + extensionMs);
    });
    isFirst = false;
  }

  /** Monotonic milliseconds; 0 if it asked for nothing. */
  get until(): number {
    return this.#until;
  }

  [Symbol.dispose](): void {
    this.#leave();
  }
}
