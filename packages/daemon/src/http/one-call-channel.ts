import type { Channel } from "@holdfast/rpc";

/** A channel for one text and its reply: what a POST is. */
export class OneCallChannel implements Channel {
  /** Resolves with the reply, or undefined when the channel was closed without one. */
  readonly reply: Promise<string | undefined>;
  readonly bufferedBytes = 0;
  readonly #text: string;
  readonly #reply = Promise.withResolvers<string | undefined>();
  readonly #closeListeners: ((error?: Error) => void)[] = [];
  #isClosed = false;

  constructor(text: string) {
    this.#text = text;
    this.reply = this.#reply.promise;
  }

  send(text: string): void {
    this.#reply.resolve(text);
  }

  onText(listener: (text: string) => void): void {
    listener(this.#text);
  }

  onClose(listener: (error?: Error) => void): void {
    if (this.#isClosed) listener();
    else this.#closeListeners.push(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reply.resolve(undefined);
    for (const listener of this.#closeListeners) listener();
  }
}
