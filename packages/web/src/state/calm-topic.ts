import type { Clock, Timer } from "@holdfast/runtime";
import { Topic } from "./topic.ts";

/**
 * Tells at once when it was quiet, and then no more often than every so often: for what is costly to draw and is told of
 * in bursts. The last word is never left out.
 */
export class CalmTopic extends Topic {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #timer: Timer | undefined;
  #isDue = false;

  constructor(clock: Clock, everyMs: number) {
    super();
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  override tell(): void {
    if (this.#timer !== undefined) {
      this.#isDue = true;
      return;
    }
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.tell();
    }, this.#everyMs);
    super.tell();
  }
}
