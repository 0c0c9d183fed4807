import { type Cancellation, HoldfastError } from "@holdfast/runtime";
import { streamRefusal } from "../http/refusal.ts";
import type { HttpTransport } from "../http/transport.ts";
import { type SseItem, SseReader } from "./reader.ts";

/** A stream to be opened. */
export interface SseRequest {
  readonly url: URL;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly lastEventId?: string;
  readonly maxChars?: number;
  readonly token: Cancellation;
  /** Called for whatever bytes arrive. */
  readonly alive?: () => void;
}

/** A stream that was answered as one. It ends with the connection; rejects with what broke that, or `SSE_TOO_LONG`. */
export interface SseStream {
  readonly items: AsyncIterable<SseItem>;
  readonly lastEventId: string;
  readonly retryMs: number | undefined;
}

/**
 * Asks for a stream and looks at status and type of the answer. Throws `TerminalError`, `UnauthorisedError` or
 * `RefusedError` by the status, and `NOT_A_STREAM` for another type than `text/event-stream`.
 */
export async function openSse(
  request: SseRequest,
  transport: HttpTransport,
  now: number,
): Promise<SseStream> {
  const { url, method = "GET", body, lastEventId = "", token } = request;
  const headers = { accept: "text/event-stream", "cache-control": "no-cache", ...request.headers };
  const response = await transport({
    ...{ url, method, token, isStream: true },
    headers: lastEventId === "" ? headers : { ...headers, "last-event-id": encodedId(lastEventId) },
    ...(body !== undefined && { body }),
  });
  const type = response.header("content-type") ?? "";
  const isStream = response.status === 200 && /^\s*text\/event-stream\s*(;|$)/i.test(type);
  if (!isStream) {
    await response.body[Symbol.asyncIterator]().return?.();
    const what = `${method} ${url.origin}${url.pathname}`;
    if (response.status !== 200) throw streamRefusal(what, response, now);
    throw new HoldfastError(
      "NOT_A_STREAM",
      `${what} was answered with ${type || "no type"}; is this the relay's URL?`,
    );
  }
  const reader = new SseReader({ lastEventId, ...(request.maxChars && { maxChars: request.maxChars }) });
  return {
    items: read(response.body, reader, request.alive),
    get lastEventId() {
      return reader.lastEventId;
    },
    get retryMs() {
      return reader.retryMs;
    },
  };
}

async function* read(
  body: AsyncIterable<Uint8Array>,
  reader: SseReader,
  alive: (() => void) | undefined,
): AsyncGenerator<SseItem, void, undefined> {
  for await (const chunk of body) {
    alive?.();
    yield* reader.read(chunk);
  }
}

/** A header carries bytes: an id of more than ASCII goes as UTF-8, one character for each byte. */
function encodedId(id: string): string {
  return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join("");
}
