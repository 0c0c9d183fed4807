import type { Channel } from "../channel.ts";

/** One end of an in-memory connection. */
export interface MemoryChannel extends Channel {
  /** Until `release`, texts sent from this end stay buffered, as with a peer that does not read. */
  hold(): void;
  release(): void;
  /** Ends the connection as a broken socket does: both ends see `error`. */
  break(error: Error): void;
}

export type ChannelPair = readonly [MemoryChannel, MemoryChannel];

/** Two ends of a connection within one process. Texts arrive in a later microtask, in order. */
export function channelPair(): ChannelPair {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class MemoryEnd implements MemoryChannel {
  peer: MemoryEnd | undefined;
  #outgoing: string[] = [];
  #incoming: string[] = [];
  #textListeners: ((text: string) => void)[] = [];
  #closeListeners: ((error?: Error) => void)[] = [];
  #state: { kind: "open"; held: boolean } | { kind: "closed"; error?: Error } = { kind: "open", held: false };

  get bufferedBytes(): number {
    return this.#outgoing.reduce((sum, text) => sum + text.length, 0);
  }

  send(text: string): void {
    if (this.#state.kind === "closed") return;
    this.#outgoing.push(text);
    this.#flushSoon();
  }

  onText(listener: (text: string) => void): void {
    this.#textListeners.push(listener);
    if (this.#incoming.length > 0) queueMicrotask(() => this.#deliver());
  }

  onClose(listener: (error?: Error) => void): void {
    if (this.#state.kind === "closed") listener(this.#state.error);
    else this.#closeListeners.push(listener);
  }

  close(): void {
    this.end();
    const { peer } = this;
    // What is under way arrives first, as with a socket's orderly end.
    queueMicrotask(() => {
      this.#flush();
      queueMicrotask(() => peer?.end());
    });
  }

  hold(): void {
    if (this.#state.kind === "open") this.#state.held = true;
  }

  release(): void {
    if (this.#state.kind === "open") this.#state.held = false;
    this.#flushSoon();
  }

  break(error: Error): void {
    this.end(error);
    this.peer?.end(error);
  }

  #flushSoon(): void {
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#state.kind === "open" && this.#state.held) return;
    const texts = this.#outgoing;
    this.#outgoing = [];
    this.peer?.receive(texts);
  }

  receive(texts: readonly string[]): void {
    if (this.#state.kind === "closed") return;
    this.#incoming.push(...texts);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#textListeners.length === 0) return;
    for (let text = this.#incoming.shift(); text !== undefined; text = this.#incoming.shift()) {
      for (const listener of this.#textListeners) listener(text);
    }
  }

  end(error?: Error): void {
    if (this.#state.kind === "closed") return;
    this.#state = error === undefined ? { kind: "closed" } : { kind: "closed", error };
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) listener(error);
  }
}
