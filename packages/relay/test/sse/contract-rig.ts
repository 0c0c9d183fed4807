/** The other half of launchdarkly/sse-contract-tests: the stream server, and the endpoint for what the client tells. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { expect } from "vitest";
import { type ContractService, startContractService } from "../contract-service.ts";

/** What the client under test told. */
export interface Told {
  readonly kind: "event" | "comment" | "error";
  readonly event?: { readonly type: string; readonly data: string; readonly id: string };
  readonly comment?: string;
}

/** What a test wants to be told of an event; the rest is as where nothing is said. */
export type Expected = Partial<NonNullable<Told["event"]>>;

/** A queue that a test waits on. */
class Arrivals<T> {
  readonly #there: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  put(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#there.push(item);
  }

  next(): Promise<T> {
    const item = this.#there.shift();
    return item === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(item);
  }

  get size(): number {
    return this.#there.length;
  }
}

/** One connection of the client under test. */
export class ServedStream {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly #response: ServerResponse;

  constructor({ method, headers }: IncomingMessage, body: string, response: ServerResponse) {
    this.method = method;
    this.headers = headers;
    this.body = body;
    this.#response = response;
  }

  /** Each piece in a packet of its own. */
  async send(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((resolve) => this.#response.write(piece, resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async sendInPieces(text: string, bytes: number): Promise<void> {
    const all = Buffer.from(text);
    for (let at = 0; at < all.length; at += bytes) await this.send(all.subarray(at, at + bytes));
  }

  breakConnection(): void {
    this.#response.destroy();
  }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A stream server with one client of it. */
export class ContractRig implements AsyncDisposable {
  readonly streams: Arrivals<ServedStream> = new Arrivals();
  readonly told: Arrivals<Told> = new Arrivals();
  /** How many requests came for each path. */
  readonly requests: Map<string, number> = new Map();
  readonly #service: ContractService;
  readonly #server: Server;
  /** Paths that answer otherwise than with a stream. */
  readonly #odd: Map<string, Answer> = new Map();

  private constructor(service: ContractService, server: ReturnType<typeof createServer>) {
    this.#service = service;
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
  }

  static async start(): Promise<ContractRig> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ContractRig(await startContractService(), server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answer(path: string, how: Answer): void {
    this.#odd.set(path, how);
  }

  /** Starts a client; its first connection is the next of `streams`. */
  async client(params: object = {}): Promise<string> {
    const body = { streamUrl: `${this.url}/stream`, callbackUrl: `${this.url}/told`, ...params };
    const response = await fetch(this.#service.url, { method: "POST", body: JSON.stringify(body) });
    return this.#service.url + response.headers.get("location");
  }

  async connected(params: object = {}): Promise<ServedStream> {
    await this.client(params);
    return await this.streams.next();
  }

  async expectEvents(...expected: readonly Expected[]): Promise<void> {
    for (const event of expected) {
      expect(await this.told.next()).toEqual({ kind: "event", event: { type: "message", id: "", ...event } });
    }
  }

  async expectComment(comment: string): Promise<void> {
    expect(await this.told.next()).toEqual({ kind: "comment", comment });
  }

  /** The next that is no error: some clients tell of an end, others do not. */
  async nextEvent(): Promise<NonNullable<Told["event"]>> {
    for (;;) {
      const { event } = await this.told.next();
      if (event) return event;
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    if (path.startsWith("/told/")) {
      this.told.put(JSON.parse(body) as Told);
      response.writeHead(202).end();
    } else if (!this.#odd.get(path)?.(request, response)) {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).flushHeaders();
      this.streams.put(new ServedStream(request, body, response));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    (this.#server as ReturnType<typeof createServer>).closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
