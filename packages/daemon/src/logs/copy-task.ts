import type { Clock, Timer } from "@holdfast/runtime";
import { type CopyTarget, LogCopy } from "./log-copy.ts";
import type { Troubles } from "./troubles.ts";

export interface CopySeams {
  /** The log. */
  readonly path: string;
  readonly clock: Clock;
  readonly troubles: Troubles;
  /** Where it begins now. */
  readonly first: () => number;
}

/** Brings the copy of a log up to date, some of it at a time, so that everything else has its turn. */
export class CopyTask {
  readonly #seams: CopySeams;
  #copy: LogCopy | undefined;
  #later: Timer | undefined;

  constructor(seams: CopySeams) {
    this.#seams = seams;
  }

  /** From `from` on, unless an earlier copy came further. Throws `LOG_NOT_WRITABLE`. Undefined: it is copied no more. */
  to(target: CopyTarget | undefined, from: number): void {
    this.stop();
    this.#copy = target === undefined ? undefined : new LogCopy(this.#seams.path, target, from);
  }

  /** Copies some of what is new, and the rest as soon as others had their turn. True when there is a rest. */
  catchUp(atEnd: boolean): boolean {
    const { clock, troubles, first } = this.#seams;
    this.stop();
    const { isBehind, failure } = this.#copy?.catchUp(first(), atEnd) ?? { isBehind: false };
    troubles.tell("copy", failure);
    if (!isBehind) return false;
    this.#later = clock.setTimeout(() => void this.catchUp(atEnd), 0);
    this.#later.unref();
    return true;
  }

  /** What was not copied yet waits for the next `catchUp`. */
  stop(): void {
    this.#seams.clock.clearTimeout(this.#later);
  }
}
