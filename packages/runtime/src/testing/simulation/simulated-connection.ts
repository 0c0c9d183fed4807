import { HoldfastError } from "../../errors.ts";
import type { Owner } from "./host.ts";
import type { Connection } from "./seams.ts";

/** open → closed (this end) → gone · open → reset */
type State = "open" | "closed" | "reset";

/** One end of a simulated connection. */
export class ConnectionEnd implements Connection {
  readonly from: string;
  readonly to: string;
  readonly owner: Owner;
  peer: ConnectionEnd | undefined;
  onGone: () => void = () => {};
  readonly #send: (deliver: () => void) => void;
  readonly #arrived: Uint8Array[] = [];
  #state: State = "open";
  #peerClosed = false;
  #wake: () => void = () => {};

  constructor(from: string, to: string, owner: Owner, send: (deliver: () => void) => void) {
    this.from = from;
    this.to = to;
    this.owner = owner;
    this.#send = send;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  send(bytes: Uint8Array): void {
    if (this.owner.isOver()) return;
    if (this.#state === "closed") throw new HoldfastError("CONNECTION_CLOSED", "this end is closed");
    const copy = bytes.slice();
    if (this.#state === "open") this.#send(() => this.peer?.arrives(copy));
  }

  close(): void {
    if (this.#state !== "open" || this.owner.isOver()) return;
    this.#state = "closed";
    this.#send(() => this.peer?.ends());
    this.#changed();
  }

  /** Both ends find it broken, this one now. */
  breaks(): void {
    if (this.#state === "reset") return;
    this.#state = "reset";
    this.#changed();
  }

  /** The program of this end is gone. */
  dies(tellsPeer: boolean): void {
    if (this.#state === "open" && tellsPeer) this.#send(() => this.peer?.breaks());
    this.#state = "reset";
    this.#changed();
  }

  arrives(bytes: Uint8Array): void {
    // To a program that is gone: its system says so, if it has power.
    if (this.#state === "reset") this.#send(() => this.peer?.breaks());
    if (this.#state !== "open") return;
    this.#arrived.push(bytes);
    this.#wake();
  }

  ends(): void {
    this.#peerClosed = true;
    this.#wake();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const value = this.#arrived.shift();
      // What is killed waits for ever.
      if (this.owner.isOver()) await new Promise(() => {});
      if (this.#state === "closed") return { done: true, value: undefined };
      if (value) return { done: false, value };
      if (this.#state === "reset") {
        throw new HoldfastError("CONNECTION_RESET", `the connection to ${this.to} was reset`);
      }
      if (this.#peerClosed) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #changed(): void {
    this.onGone();
    this.#wake();
  }
}
