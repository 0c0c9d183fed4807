import type { Cancellation } from "./abort.ts";
import { Wake } from "./wake.ts";

/** What came of waiting for the next one. `closed`: there is none left, and none will come. */
export type Received<T> =
  | { readonly kind: "received"; readonly value: T }
  | { readonly kind: "closed"; readonly error?: unknown }
  | { readonly kind: "cancelled" };

/** The side that is handed out. */
export interface Sender<T> {
  /** Whether it was taken: false when the inbox is full or closed. */
  send(value: T): boolean;
  /** Nothing comes after this; `error` says why, where that is no orderly end. What was sent before is still read. */
  close(error?: unknown): void;
}

/** How an inbox is made. */
export interface InboxOptions {
  /** How many may wait to be read; above it `send` says false. Default 1,024. */
  readonly capacity?: number;
}

/**
 * Commands for one loop, in order, from any number of senders. The loop can tell a stop that was asked for from an
 * inbox that was closed under it: `receive` says which.
 */
export class Inbox<T> {
  readonly sender: Sender<T>;
  readonly #waiting: T[] = [];
  readonly #wake = new Wake();
  #closed: { readonly kind: "closed"; readonly error?: unknown } | undefined;

  constructor({ capacity = 1_024 }: InboxOptions = {}) {
    this.sender = {
      send: (value) => {
        if (this.#closed || this.#waiting.length >= capacity) return false;
        this.#waiting.push(value);
        this.#wake.notify();
        return true;
      },
      close: (error) => {
        this.#closed ??= { kind: "closed", ...(error !== undefined && { error }) };
        this.#wake.notify();
      },
    };
  }

  /** The next one. Once `token` is cancelled it says so at once, whatever waits. For one reader at a time. */
  async receive(token?: Cancellation): Promise<Received<T>> {
    for (;;) {
      if (token?.isCancelled) return { kind: "cancelled" };
      if (this.#waiting.length > 0) return { kind: "received", value: this.#waiting.shift() as T };
      if (this.#closed) return this.#closed;
      await this.#wake.wait(Number.POSITIVE_INFINITY, token);
    }
  }
}
