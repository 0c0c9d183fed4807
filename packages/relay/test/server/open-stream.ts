/** A reader of a stream that waits for its events, with a real socket. */
import { get, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";

export interface StreamEvent {
  readonly event: string;
  readonly id?: string;
  readonly retry?: string;
  readonly body: unknown;
}

export interface OpenStream {
  readonly response: IncomingMessage;
  /** All events so far. */
  readonly seen: readonly StreamEvent[];
  /** The next event that was not taken yet; undefined when the stream has ended. */
  next(): Promise<StreamEvent | undefined>;
  /** Resolves when the stream has ended, or was cut. */
  readonly ended: Promise<void>;
  close(): void;
}

export async function openStream(
  url: string,
  slot: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenStream> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = get(`${url}/v1/events/${slot}/stream`, {
    agent: false,
    headers: { Authorization: `Bearer ${token}`, Accept: "text/event-stream", ...headers },
  });
  request.on("response", resolve);
  request.on("error", reject);
  const response = await answered;
  if (response.statusCode !== 200) {
    response.resume();
    throw Object.assign(new Error(`status ${response.statusCode}`), {
      status: response.statusCode,
      headers: response.headers,
    });
  }
  const seen: StreamEvent[] = [];
  let taken = 0;
  let text = "";
  let news = Promise.withResolvers<void>();
  let isOver = false;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const over = (): void => {
    isOver = true;
    end();
    news.resolve();
  };
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
    for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
      seen.push(parseEvent(text.slice(0, at)));
      text = text.slice(at + 2);
      news.resolve();
      news = Promise.withResolvers<void>();
    }
  });
  response.on("error", over);
  response.on("close", over);
  const close = (): void => void request.destroy();
  onTestFinished(close);
  return {
    response,
    seen,
    ended,
    close,
    async next() {
      while (taken >= seen.length && !isOver) await news.promise;
      return seen[taken++];
    },
  };
}

function parseEvent(block: string): StreamEvent {
  const fields = Object.fromEntries(
    block.split("\n").map((line) => {
      const [name = "", ...rest] = line.split(": ");
      return [name, rest.join(": ")];
    }),
  ) as Readonly<Record<string, string>>;
  const {
    event = "message",
    id,
    retry,
    data = "null",
  } = fields as Partial<Record<"event" | "id" | "retry" | "data", string>>;
  return {
    event,
    ...(id === undefined ? {} : { id }),
    ...(retry === undefined ? {} : { retry }),
    body: JSON.parse(data) as unknown,
  };
}
