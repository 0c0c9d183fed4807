/**
 * One open stream. A wake says only *look now*, so there is never more than one frame on its way to a reader:
 *
 * ```
 * idle ── wake, heartbeat ──▶ writing ── taken ──▶ idle
 *                              │   ▲
 *                            wake  │ taken: the newest head is sent
 *                              ▼   │
 *                            behind
 * ```
 *
 * A reader that takes nothing has cost one frame, and is cut once it is late.
 */
import type { ServerResponse } from "node:http";
import type { Cursor } from "../../protocol/index.ts";

/** What a reader needs of the slot that it reads. */
export interface Headed {
  readonly head: Cursor;
  /** The frame for `head`. */
  readonly wake: Buffer;
}

/** Who is told how a reader does. */
export interface ReaderWatch {
  /** Monotonic ms. */
  now(): number;
  wrote(reader: Reader): unknown;
  took(reader: Reader): unknown;
}

type Flow = "idle" | "writing" | "behind";

export class Reader {
  readonly tokenId: string;
  /** Wall ms; undefined: never. */
  readonly expiresAt: number | undefined;
  readonly #response: ServerResponse;
  readonly #slot: Headed;
  readonly #watch: ReaderWatch;
  #flow: Flow = "idle";
  #told: Cursor | undefined;
  /** Monotonic ms. */
  #since = 0;
  #isEnding = false;
  #hasBegun = false;

  constructor(
    response: ServerResponse,
    slot: Headed,
    watch: ReaderWatch,
    token: { readonly id: string; readonly expiresAt: number | undefined },
  ) {
    this.#response = response;
    this.#slot = slot;
    this.#watch = watch;
    this.tokenId = token.id;
    this.expiresAt = token.expiresAt;
  }

  /** Since when a frame is on its way, monotonic ms; undefined while none is. */
  get busySince(): number | undefined {
    return this.#flow === "idle" ? undefined : this.#since;
  }

  /** The first frame. `told`: what the reader needs no wake for. */
  greet(frame: Buffer, told: Cursor | undefined): void {
    this.#told = told;
    this.#write(frame);
    this.wake();
  }

  /** Tells the head of the slot, if it is news. True when a frame was written. */
  wake(): boolean {
    const { head, wake } = this.#slot;
    if (this.#told !== undefined && this.#told.epoch === head.epoch && this.#told.seq >= head.seq)
      return false;
    if (this.#flow !== "idle") {
      this.#flow = "behind";
      return false;
    }
    this.#told = head;
    this.#write(wake);
    return true;
  }

  /** What it was told did not come to be: whatever the head of the slot is, it is woken for the next one. */
  forget(): void {
    this.#told = undefined;
  }

  /** Writes a frame that may be left out. True when it was written. */
  beat(frame: Buffer): boolean {
    if (this.#flow !== "idle") return false;
    this.#write(frame);
    return true;
  }

  /** The last frame, whatever is on its way. */
  end(frame: Buffer): void {
    if (this.#isEnding || this.isGone) return;
    this.#isEnding = true;
    this.#busy();
    this.#response.end(frame);
  }

  cut(): void {
    this.#response.destroy();
  }

  get isGone(): boolean {
    return this.#response.destroyed || this.#response.closed;
  }

  #write(frame: Buffer): void {
    if (this.#isEnding || this.isGone) return;
    this.#busy();
    const { socket } = this.#response;
    // A response holds back what it writes until the end of the turn; a frame that is complete need not wait. What
    // comes before it is only the head, which goes with the first frame.
    if (this.#hasBegun && socket !== null) socket.write(frame, this.#taken);
    else this.#response.write(frame, this.#taken);
    this.#hasBegun = true;
  }

  #busy(): void {
    // Since the first frame that was not taken: a last one that is put behind it gives no more time.
    if (this.#flow === "idle") this.#since = this.#watch.now();
    this.#flow = "writing";
    this.#watch.wrote(this);
  }

  readonly #taken = (): void => {
    if (this.#isEnding) return;
    const isBehind = this.#flow === "behind";
    this.#flow = "idle";
    this.#watch.took(this);
    if (isBehind) this.wake();
  };
}
