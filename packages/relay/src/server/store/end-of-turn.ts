import { MessageChannel } from "node:worker_threads";

/**
 * Runs what is left to do once everything that the system has ready now was taken in: every request that has arrived
 * is then in the same transaction. No timer, whose least is a millisecond: a message to ourselves.
 */
export class EndOfTurn implements Disposable {
  readonly #channel = new MessageChannel();
  readonly #due: (() => void)[] = [];
  #isClosed = false;

  constructor() {
    this.#channel.port1.on("message", () => {
      const due = this.#due.splice(0);
      // An idle port must not keep a process that has nothing else to do.
      this.#channel.port1.unref();
      for (const then of due) then();
    });
    this.#channel.port1.unref();
  }

  after(fn: () => void): void {
    if (this.#isClosed) {
      queueMicrotask(fn);
      return;
    }
    if (this.#due.push(fn) > 1) return;
    this.#channel.port1.ref();
    this.#channel.port2.postMessage(null);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#channel.port1.close();
    for (const then of this.#due.splice(0)) queueMicrotask(then);
  }
}
