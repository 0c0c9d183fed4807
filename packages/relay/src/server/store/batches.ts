/**
 * Appends that come while others are written are written together: one transaction, and one wait for the disk, for all.
 *
 * 1. A batch is begun at the end of the turn in which its first append came, and never while another one runs.
 * 2. An append is answered only after its batch ended: with its own outcome, or with what the batch failed with.
 */
import type { AppendOutcome, NewEvent } from "./relay-store.ts";

/** Writes all of a batch that it can; an outcome each, in order. Rejects when none of it was written. */
export type WriteBatch = (
  events: readonly NewEvent[],
) => readonly (AppendOutcome | Error)[] | Promise<readonly (AppendOutcome | Error)[]>;

interface Waiting {
  readonly event: NewEvent;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const mostEvents = 256;
const mostBytes = 8 * 1024 * 1024;

export class Batches {
  readonly #write: WriteBatch;
  readonly #endOfTurn: (then: () => void) => void;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(write: WriteBatch, endOfTurn: (then: () => void) => void) {
    this.#write = write;
    this.#endOfTurn = endOfTurn;
  }

  add(event: NewEvent): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#running ??= new Promise((ended) => {
        this.#endOfTurn(() => void this.#run().then(ended));
      });
    });
  }

  /** Resolves when nothing is waiting or being written. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeOne(this.#take());
    this.#running = undefined;
  }

  #take(): readonly Waiting[] {
    let [count, bytes] = [0, 0];
    for (const { event } of this.#waiting) {
      if (count >= mostEvents || (count > 0 && bytes + event.envelope.length > mostBytes)) break;
      count++;
      bytes += event.envelope.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeOne(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#write(batch.map(({ event }) => event));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined || outcome instanceof Error) reject(outcome ?? new Error("no outcome"));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
