import { HoldfastError } from "@holdfast/runtime";
import { createParser } from "eventsource-parser";

/** What a stream of server-sent events brings, as https://html.spec.whatwg.org/multipage/server-sent-events.html says. */
export type SseItem =
  | {
      readonly kind: "event";
      /** `message` where none was given. */
      readonly type: string;
      readonly data: string;
      /** The last one that was set, by this event or one before. */
      readonly id: string;
    }
  | { readonly kind: "comment"; readonly text: string };

/** What a reader starts with. */
export interface SseReaderOptions {
  readonly lastEventId?: string;
  /** The most characters that a line, or the unfinished event it belongs to, may have. Default 65,536. */
  readonly maxChars?: number;
}

/** Turns the bytes of one stream into its events, in whatever pieces they come. */
export class SseReader {
  /** The id to resume after: of the last block that had one and was finished. */
  lastEventId: string;
  /** Set by the server for the time between this stream and the next, in ms. */
  retryMs: number | undefined;
  // The parser takes off the mark at the start of a stream, and only one.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #maxChars: number;
  readonly #parser: { feed(text: string): void };
  #items: SseItem[] = [];
  #isTooLong = false;

  constructor({ lastEventId = "", maxChars = 65_536 }: SseReaderOptions = {}) {
    this.lastEventId = lastEventId;
    this.#maxChars = maxChars;
    this.#parser = createParser({
      maxBufferSize: maxChars,
      onId: (id) => {
        this.lastEventId = id;
      },
      onEvent: ({ event, data }) => {
        this.#items.push({ kind: "event", type: event || "message", data, id: this.lastEventId });
      },
      onComment: (text) => {
        this.#items.push({ kind: "comment", text });
      },
      onRetry: (ms) => {
        this.retryMs = ms;
      },
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.#isTooLong = true;
      },
    });
  }

  /** What these bytes complete. Throws `SSE_TOO_LONG`, and then is of no use any more. */
  read(bytes: Uint8Array): readonly SseItem[] {
    this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
    if (this.#isTooLong) {
      throw new HoldfastError(
        "SSE_TOO_LONG",
        `an event of the stream has more than ${this.#maxChars} characters`,
      );
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }
}
