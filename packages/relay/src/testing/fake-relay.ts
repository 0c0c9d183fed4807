import { type Clock, HoldfastError, type Timer } from "@holdfast/runtime";
import type { HttpRequest, HttpResponse, HttpTransport } from "../client/http/transport.ts";

/** How the network between a client and this relay is. */
export type Weather =
  /** All arrives. */
  | "fair"
  /** Every request fails at once. */
  | "refused"
  /** Nothing arrives any more, in either direction, and nobody is told: also on streams that are open. */
  | "silent"
  /** Requests arrive and have their effect; no answer comes back. */
  | "one-way";

interface Posted {
  readonly id: string;
  readonly envelope: string;
  readonly at: number;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** One stream that is open: what it wrote waits for who reads it. */
interface OpenStream {
  write(text: string): void;
  end(): void;
}

/** What a relay is made with. */
export interface FakeRelayOptions {
  readonly clock: Clock;
  /** Default 15,000; 0 for none. */
  readonly heartbeatMs?: number;
}

/**
 * One mailbox of a relay, in memory and in the time of a test: it keeps to the protocol, unless it is told not to.
 * `transport` is the network to it; the tokens `read` and `post` are valid unless `tokens` says otherwise.
 */
export class FakeRelay {
  readonly requests: { readonly at: number; readonly what: string; readonly token: string }[] = [];
  weather: Weather = "fair";
  /** How long an answer to anything but a stream takes. */
  latencyMs = 0;
  /** Wakes are lost. */
  losesWakes = false;
  /** Answers every request for a stream, or all, until it is taken back. */
  streamAnswer: Answer | undefined;
  answer: Answer | undefined;
  /** Streams are closed as soon as they were answered. */
  hangsUp = false;
  tokens: ReadonlySet<string> = new Set(["read", "post"]);
  epoch = "one";
  /** How many of the first events are gone. */
  trimmed = 0;
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  readonly #events: Posted[] = [];
  /** The number of each id. */
  readonly #places = new Map<string, number>();
  readonly #streams = new Set<OpenStream>();
  #beat: Timer | undefined;

  constructor({ clock, heartbeatMs = 15_000 }: FakeRelayOptions) {
    this.#clock = clock;
    this.#heartbeatMs = heartbeatMs;
  }

  /** Where a client says that it is. */
  readonly mailbox = { url: "http://relay.test", slot: "mine", token: "read" } as const;

  /** How many streams are open, as far as the relay knows. */
  get readers(): number {
    return this.#streams.size;
  }

  get head(): string {
    return `${this.epoch}:${this.#events.length}`;
  }

  readonly transport: HttpTransport = async (request) => {
    const { pathname } = request.url;
    const token = (request.headers["authorization"] ?? "").replace("Bearer ", "");
    this.requests.push({ at: this.#clock.monotonic(), what: `${request.method} ${pathname}`, token });
    if (this.weather === "refused")
      throw new HoldfastError("RELAY_UNREACHABLE", "relay.test cannot be reached");
    if (this.weather === "silent") return await never(request);
    const answered = this.#answer(request, token, pathname);
    if (this.latencyMs > 0 && !pathname.endsWith("/stream"))
      await this.#clock.sleep(this.latencyMs, request.token);
    return this.weather === "one-way" ? await never(request) : answered;
  };

  /** Stores an envelope as a posting does. Returns its cursor. */
  append(envelope: string, id: string = crypto.randomUUID()): string {
    const before = this.#places.get(id);
    if (before !== undefined) return `${this.epoch}:${before}`;
    this.#places.set(id, this.#events.push({ id, envelope, at: this.#clock.now() }));
    if (!this.losesWakes) this.say(`event: wake\nid: ${this.head}\ndata: {}\n\n`);
    return this.head;
  }

  /** Writes to every stream. */
  say(text: string): void {
    if (this.weather !== "fair") return;
    for (const stream of this.#streams) stream.write(text);
  }

  /** Closes every stream. */
  hangUp(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** The slot is made anew, with nothing in it. */
  begin(epoch: string): void {
    this.epoch = epoch;
    this.#events.length = 0;
    this.#places.clear();
    this.trimmed = 0;
  }

  #answer(request: HttpRequest, token: string, pathname: string): HttpResponse {
    const isStream = pathname.endsWith("/stream");
    const fixed = (isStream ? this.streamAnswer : undefined) ?? this.answer;
    if (fixed) return reply(fixed);
    if (!this.tokens.has(token)) return refusal(401, "UNAUTHORISED");
    if (isStream) return this.#stream(request);
    if (request.method === "POST") {
      const cursor = this.append(request.body ?? "", request.headers["idempotency-key"]);
      return reply({ status: 201, text: JSON.stringify({ cursor }) });
    }
    return this.#page(request.url.searchParams);
  }

  #page(query: URLSearchParams): HttpResponse {
    const [epoch, seq] = (query.get("after") ?? `${this.epoch}:${this.trimmed}`).split(":");
    const after = Number(seq);
    if (epoch !== this.epoch || after < this.trimmed || after > this.#events.length) {
      const oldest = `${this.epoch}:${this.trimmed}`;
      const error = { code: "CURSOR_GONE", message: "gone" };
      return reply({ status: 410, text: JSON.stringify({ error, oldest, head: this.head }) });
    }
    const found = this.#events.slice(after, after + Number(query.get("limit") ?? 100));
    const cursorAt = (index: number) => `${this.epoch}:${after + index + 1}`;
    const events = found.map((event, index) => ({ cursor: cursorAt(index), sender: "test", ...event }));
    const next = found.length === 0 ? `${epoch}:${after}` : cursorAt(found.length - 1);
    const hasMore = after + found.length < this.#events.length;
    return reply({ status: 200, text: JSON.stringify({ events, next, head: this.head, hasMore }) });
  }

  #stream({ token }: HttpRequest): HttpResponse {
    const pipe = new Pipe();
    this.#streams.add(pipe);
    // What the client closes in silence never reaches the relay.
    token.onCancel(() => {
      pipe.end();
      if (this.weather === "fair") this.#streams.delete(pipe);
    });
    void pipe.ended.then(() => this.#streams.delete(pipe));
    const hello = { head: this.head, epoch: this.epoch, heartbeatMs: this.#heartbeatMs };
    pipe.write(`event: hello\nid: ${this.head}\ndata: ${JSON.stringify(hello)}\n\n`);
    if (this.hangsUp) pipe.end();
    this.#keepBeating();
    return {
      status: 200,
      header: (name) => (name === "content-type" ? "text/event-stream" : undefined),
      body: pipe,
    };
  }

  #keepBeating(): void {
    if (this.#beat || this.#heartbeatMs === 0) return;
    this.#beat = this.#clock.setTimeout(() => {
      this.#beat = undefined;
      this.say(`event: heartbeat\ndata: ${JSON.stringify({ head: this.head })}\n\n`);
      if (this.#streams.size > 0) this.#keepBeating();
    }, this.#heartbeatMs);
  }
}

class Pipe implements OpenStream, AsyncIterable<Uint8Array> {
  readonly #written: Uint8Array[] = [];
  #waiting: (() => void) | undefined;
  #end = Promise.withResolvers<void>();
  #isEnded = false;

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  write(text: string): void {
    this.#written.push(new TextEncoder().encode(text));
    this.#waiting?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#end.resolve();
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = this.#written.shift();
      if (chunk) yield chunk;
      else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }
}

function reply({ status, headers = {}, text = "" }: Answer): HttpResponse {
  const body = async function* () {
    yield new TextEncoder().encode(text);
  };
  return { status, header: (name) => headers[name], body: body() };
}

function refusal(status: number, code: string): HttpResponse {
  return reply({ status, text: JSON.stringify({ error: { code, message: code.toLowerCase() } }) });
}

function never({ token }: HttpRequest): Promise<HttpResponse> {
  return new Promise((_, reject) => {
    token.onCancel(() => reject(new HoldfastError("RELAY_UNREACHABLE", "given up")));
  });
}
