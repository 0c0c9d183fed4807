import { HoldfastError } from "@holdfast/runtime";
import type { Life, Machine } from "@holdfast/runtime/testing";

/** What is thrown where the daemon was killed: no line of it is run any more, as far as anyone can see. */
export class KilledError extends HoldfastError<"KILLED"> {}

/** One run of the daemon, as its seams see it. */
export class DaemonLife {
  readonly machine: Machine;
  readonly #life: () => Life;
  readonly #onEnd: (() => void)[] = [];

  constructor(machine: Machine, life: () => Life) {
    // A wall clock has whole milliseconds.
    const { clock } = machine;
    this.machine = { ...machine, clock: { ...clock, now: () => Math.floor(clock.now()) } };
    this.#life = life;
  }

  get isOver(): boolean {
    return this.#life().isOver;
  }

  /** Ends it at once, here: throws, so that the code that is being run goes no further. */
  kill(where: string): never {
    this.#life().kill();
    throw new KilledError("KILLED", `killed ${where}`);
  }

  /** Called when the daemon closes its run directory. */
  onEnd(call: () => void): void {
    this.#onEnd.push(call);
  }

  close(): void {
    for (const call of this.#onEnd) call();
  }

  /** Waits, as code of the daemon waits: for ever, once it is killed. */
  later<T>(ms: number, act: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.machine.clock.setTimeout(() => resolve(act()), ms);
    });
  }

  /** A promise of the machine's, which nobody hears of who was killed meanwhile. */
  told<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.isOver || resolve(value),
        (error: Error) => this.isOver || reject(error),
      );
    });
  }
}
