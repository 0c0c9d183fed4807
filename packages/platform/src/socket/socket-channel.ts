import type { Socket } from "node:net";
import { type Clock, HoldfastError, systemClock } from "@holdfast/runtime";
import { LineDecoder } from "./line-decoder.ts";

/** Both ends of a Unix socket as whole texts, one line each. A text holds no newline; JSON never does. */
export interface LineChannel {
  /** Queues one text; does nothing once closed. A peer that lets too much pile up is cut off. */
  send(text: string): void;
  /** Nothing is read from the peer before the first listener is there. */
  onText(listener: (text: string) => void): void;
  /** Called once, with the error if there was one (a peer that left is none); at once if it is closed already. */
  onClose(listener: (error?: Error) => void): void;
  /** Ends it; idempotent. What is queued is sent if the peer takes it within a second. */
  close(): void;
  /** Bytes the peer has not taken yet. */
  readonly bufferedBytes: number;
  /** Resolves when nothing is queued any more, or it is closed. */
  drained(): Promise<void>;
}

export interface LineChannelOptions {
  /** The longest line that is accepted from the peer; 1 MiB. A longer one closes it with `LINE_TOO_LONG`. */
  readonly maxLineBytes?: number;
  /** How much may wait for the peer when one more text is sent; 64 MiB. Then it closes with `PEER_TOO_SLOW`. */
  readonly maxBufferedBytes?: number;
  readonly clock?: Clock;
}

const mebibyte = 1024 * 1024;
const lingerMs = 1_000;

/** Takes over a connected socket. */
export function socketChannel(socket: Socket, options: LineChannelOptions = {}): LineChannel {
  const { maxLineBytes = mebibyte, maxBufferedBytes = 64 * mebibyte, clock = systemClock } = options;
  const decoder = new LineDecoder(maxLineBytes);
  const textListeners: ((text: string) => void)[] = [];
  const closeListeners: ((error?: Error) => void)[] = [];
  const drainListeners: (() => void)[] = [];
  let ending = false;
  let failure: Error | undefined;

  const fail = (code: string, message: string): void => {
    ending = true;
    socket.destroy(new HoldfastError(code, message));
  };
  const read = (chunk: Uint8Array): void => {
    const { lines, overflow } = decoder.push(chunk);
    for (const line of lines) {
      // A listener may close the channel; nothing is heard after that.
      if (ending) return;
      for (const listener of textListeners) listener(line);
    }
    if (overflow && !ending) fail("LINE_TOO_LONG", `a line is longer than ${maxLineBytes} bytes`);
  };
  const written = (): void => {
    if (socket.writableLength === 0 || socket.destroyed)
      for (const resolve of drainListeners.splice(0)) resolve();
  };
  socket.on("error", (error: NodeJS.ErrnoException) => {
    // A peer that left with something under way has left, that is all.
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") failure = error;
  });
  socket.once("close", () => {
    ending = true;
    written();
    for (const listener of closeListeners.splice(0)) listener(failure);
  });

  return {
    send(text) {
      if (ending || socket.destroyed || socket.writableEnded) return;
      if (text.includes("\n")) throw new TypeError("a text for a line channel holds a newline");
      if (socket.writableLength > maxBufferedBytes) {
        fail("PEER_TOO_SLOW", `the peer left ${socket.writableLength} bytes unread`);
      } else {
        // Texts of one turn of the event loop go out in one write: each write wakes the peer.
        if (socket.writableCorked === 0) {
          socket.cork();
          // biome-ignore lint/style/noRestrictedGlobals: the end of this turn is meant, and no time.
          setImmediate(() => socket.uncork());
        }
        socket.write(`${text}\n`, written);
      }
    },
    onText(listener) {
      textListeners.push(listener);
      if (textListeners.length === 1) socket.on("data", read);
    },
    onClose(listener) {
      if (socket.closed) listener(failure);
      else closeListeners.push(listener);
    },
    close() {
      if (ending) return;
      ending = true;
      const timer = clock.setTimeout(() => socket.destroy(), lingerMs);
      socket.once("close", () => clock.clearTimeout(timer));
      socket.end(() => socket.destroy());
    },
    get bufferedBytes() {
      return socket.writableLength;
    },
    drained() {
      if (socket.destroyed || socket.writableLength === 0) return Promise.resolve();
      return new Promise((resolve) => drainListeners.push(resolve));
    },
  };
}
