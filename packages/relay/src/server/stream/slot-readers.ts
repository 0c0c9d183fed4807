import type { Cursor } from "../../protocol/index.ts";
import { heartbeatFrame, wakeFrame } from "./frames.ts";
import type { Headed, Reader } from "./reader.ts";

/** The readers of one slot, and the newest head that this relay knows of. */
export class SlotReaders implements Headed {
  readonly name: string;
  readonly readers: Set<Reader> = new Set();
  /** Streams that are being opened. */
  openings = 0;
  /** Ends what wakes it. */
  leave: () => void = () => undefined;
  #head: Cursor;
  #wake: Buffer | undefined;
  #heartbeat: Buffer | undefined;

  constructor(name: string, head: Cursor) {
    this.name = name;
    this.#head = head;
  }

  get head(): Cursor {
    return this.#head;
  }

  get wake(): Buffer {
    this.#wake ??= wakeFrame(this.#head);
    return this.#wake;
  }

  get heartbeat(): Buffer {
    this.#heartbeat ??= heartbeatFrame(this.#head);
    return this.#heartbeat;
  }

  /** Takes note of a head. False when it is no news: wakes come twice, and late. */
  advance(head: Cursor): boolean {
    const isNews = head.epoch !== this.#head.epoch || head.seq > this.#head.seq;
    if (isNews) this.#set(head);
    return isNews;
  }

  /** What was told of last did not come to be. */
  retreat(head: Cursor): void {
    this.#set(head);
    for (const reader of this.readers) reader.forget();
  }

  #set(head: Cursor): void {
    this.#head = head;
    this.#wake = undefined;
    this.#heartbeat = undefined;
  }
}
