/** The API over HTTP, on the loopback only: one door for programs with the token and browsers with a cookie. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Connection, type ServeOptions, serve } from "@holdfast/rpc";
import { type Clock, HoldfastError } from "@holdfast/runtime";
import { WebSocketServer } from "ws";
import { apiErrorCodes } from "../api/contract.ts";
import type { ApiTable } from "../api/table.ts";
import type { Daemon } from "../daemon.ts";
import { Admission, type Admitted } from "./admission.ts";
import { streamEvents } from "./event-stream.ts";
import { hostVerdict, isLoopback, originVerdict, pathOf } from "./host-rule.ts";
import { jsonBody, maxBodyBytes } from "./json-body.ts";
import { metricsText, metricsType } from "./metrics.ts";
import { OneCallChannel } from "./one-call-channel.ts";
import { Pages } from "./pages.ts";
import { refuse, replyJson, replyText } from "./reply.ts";
import type { Role, Sessions } from "./sessions.ts";
import { webSocketChannel } from "./web-socket-channel.ts";

export interface HttpOptions {
  readonly clock: Clock;
  readonly daemon: Daemon;
  /** The methods that a role may call, over a connection that can carry events or not. */
  readonly table: (role: Role, carriesEvents: boolean) => ApiTable;
  readonly version: string;
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  readonly token: string;
  readonly sessions: Sessions;
  /** Where the dashboard's files are; absent where it was not built. */
  readonly pages?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Names beside the loopback's that this daemon may be called by. */
  readonly names?: readonly string[];
  readonly onError: (error: unknown, where: string) => void;
  /** How long a client may take over its headers. Default 10,000 ms. */
  readonly headersTimeoutMs?: number;
  /** Connections at once; who comes after that is answered 503. Default 1,000. */
  readonly maxConnections?: number;
}

export class HttpServer {
  readonly #options: HttpOptions;
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #admission: Admission;
  readonly #pages: Pages;
  /** Each with the session that it belongs to, if it is a browser's. */
  readonly #connections = new Map<Connection, string | undefined>();
  readonly #streams = new Map<ServerResponse, string | undefined>();
  /** The connections that are within the limit. */
  readonly #open = new Set<Duplex>();
  #origins: readonly string[] = [];
  #port = 0;

  private constructor(options: HttpOptions) {
    const { headersTimeoutMs = 10_000 } = options;
    this.#options = options;
    this.#pages = new Pages(options.pages, options.clock);
    this.#admission = new Admission({
      token: options.token,
      sessions: options.sessions,
      cookieName: () => `holdfast-${this.#port}`,
      endSession: (id) => this.endSession(id),
    });
    this.#server = createServer({
      headersTimeout: headersTimeoutMs,
      requestTimeout: 30_000,
      connectionsCheckingInterval: headersTimeoutMs / 5,
      maxHeaderSize: 16_384,
      requireHostHeader: false,
    });
    // Those above the limit are told why; those far above it are not even read.
    this.#server.maxConnections = this.#maxConnections + 8;
    this.#server.on("connection", (socket) => {
      if (this.#open.size >= this.#maxConnections) return;
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
    this.#server.on("request", (request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxBodyBytes,
      perMessageDeflate: false,
    });
  }

  /** Listens on 127.0.0.1. Rejects with what the system says when the port cannot be had. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const server = new HttpServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once("error", reject);
    server.#server.listen({ host: "127.0.0.1", port: options.port }, resolve);
    await promise;
    server.#server.off("error", reject);
    server.#server.on("error", (error) => options.onError(error, "http"));
    server.#port = (server.#server.address() as AddressInfo).port;
    const names = ["127.0.0.1", "localhost", "[::1]", ...(options.names ?? [])];
    server.#origins = names.map((name) => `http://${name}:${server.#port}`);
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Clients that are connected for as long as they like. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Connections of any kind that the system knows of. */
  sockets(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  /** Ends the connections of a browser that is not let in any more. */
  endSession(id: string): void {
    for (const [connection, session] of this.#connections) if (session === id) connection.close();
    for (const [response, session] of this.#streams) if (session === id) response.destroy();
  }

  /** Resolves when every connection is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const connection of this.#connections.keys()) connection.close();
    await Promise.all([...this.#connections.keys()].map((connection) => connection.closed));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#options.onError(error, `${request.method} ${pathOf(request)}`);
      if (!response.headersSent) refuse(response, 500, "internal error");
      else response.destroy();
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = hostVerdict(request, this.#options.names);
    if (!host.ok) return refuse(response, 421, `refused: ${host.why}`, { Connection: "close" });
    const origin = originVerdict(request, this.#origins);
    if (!origin.ok) return refuse(response, 403, `refused: ${origin.why}`, { Connection: "close" });
    if (!this.#open.has(request.socket))
      return refuse(response, 503, "too many clients", { Connection: "close", "Retry-After": "1" });
    const pathname = pathOf(request);
    if (pathname === "/healthz") return replyText(response, 200, "ok\n");
    if (pathname === "/login") return await this.#admission.logIn(request, response);
    if (this.#pages.answer(pathname, request, response)) return;
    const caller = this.#admission.admit(request);
    if (caller === undefined) {
      const how = "show the token (Authorization: Bearer …) or log in (holdfast dashboard)";
      return refuse(response, 401, how, { "WWW-Authenticate": "Bearer" });
    }
    switch (pathname) {
      case "/rpc":
        return await this.#call(request, response, caller);
      case "/events":
        if (request.method !== "GET") return refuse(response, 405, "GET only", { Allow: "GET" });
        this.#streams.set(response, caller.session);
        response.once("close", () => this.#streams.delete(response));
        return streamEvents(this.#options.daemon.events, this.#options.clock, request, response);
      case "/session":
        if (!isGet(request, response)) return;
        return replyJson(response, 200, { role: caller.role, id: caller.session ?? null });
      case "/logout":
        return await this.#admission.logOut(request, response, caller);
      case "/readyz":
        return replyText(response, 200, "ready\n");
      case "/metrics":
        if (!isGet(request, response)) return;
        return replyText(response, 200, this.#metrics(), { "Content-Type": metricsType });
      case "/ws":
        return refuse(response, 426, "this is a WebSocket", { Upgrade: "websocket", Connection: "Upgrade" });
      default:
        return refuse(response, 404, `there is nothing at ${pathname.slice(0, 200)}`);
    }
  }

  async #call(request: IncomingMessage, response: ServerResponse, caller: Admitted): Promise<void> {
    const text = await jsonBody(request, response);
    if (text === undefined) return;
    const channel = new OneCallChannel(text);
    const connection = serve(channel, this.#options.table(caller.role, false), caller, this.#serveOptions());
    response.once("close", () => channel.close());
    await connection.settled();
    channel.close();
    const reply = await channel.reply;
    if (response.destroyed) return;
    if (reply === undefined) response.writeHead(204).end();
    else replyText(response, 200, reply, { "Content-Type": "application/json" });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const caller = this.#admitToWebSocket(request);
    if (typeof caller === "string") {
      // No timeout of the server's holds for an upgraded socket: who never closes its side would keep it for ever.
      const reply = `HTTP/1.1 ${caller}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
      socket.end(reply, () => socket.destroy());
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const channel = webSocketChannel(webSocket, this.#options.clock);
      const connection = serve(channel, this.#options.table(caller.role, true), caller, {
        ...this.#serveOptions(),
        maxBufferedBytes: 1_048_576,
      });
      this.#connections.set(connection, caller.session);
      void connection.closed.then(() => this.#connections.delete(connection));
    });
  }

  /** Who it is, or the status to turn it away with. */
  #admitToWebSocket(request: IncomingMessage): Admitted | string {
    if (!hostVerdict(request, this.#options.names).ok) return "421 Misdirected Request";
    if (!originVerdict(request, this.#origins).ok) return "403 Forbidden";
    if (!this.#open.has(request.socket)) return "503 Service Unavailable";
    if (pathOf(request) !== "/ws") return "404 Not Found";
    return this.#admission.admit(request) ?? "401 Unauthorized";
  }

  get #maxConnections(): number {
    return this.#options.maxConnections ?? 1_000;
  }

  #serveOptions(): ServeOptions {
    const { clock, onError } = this.#options;
    return { clock, errorNumbers: apiErrorCodes, onError: (error, method) => onError(error, method) };
  }

  #metrics(): string {
    const { daemon } = this.#options;
    return metricsText(daemon.list(), daemon.usage.now(), {
      version: this.#options.version,
      startedAt: this.#options.startedAt,
      residentBytes: process.memoryUsage.rss(),
      events: daemon.events.count,
    });
  }
}

/** Reads `HOLDFAST_HTTP`: `off`, a port, or a loopback address with one. Throws `BAD_HTTP_ADDRESS` for anything else. */
export function httpPort(setting: string | undefined): number | "off" | undefined {
  if (setting === undefined || setting === "") return undefined;
  if (setting === "off") return "off";
  const { host, port } = /^(?:(?<host>.+):)?(?<port>\d{1,5})$/.exec(setting)?.groups ?? {};
  if (port !== undefined && Number(port) <= 65_535 && (host === undefined || isLoopback(host)))
    return Number(port);
  throw new HoldfastError(
    "BAD_HTTP_ADDRESS",
    `HOLDFAST_HTTP is ${JSON.stringify(setting)}: it takes off, a port, or 127.0.0.1:PORT (the API is not served beyond this machine; use ssh -L or the relay)`,
  );
}

function isGet(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === "GET" || request.method === "HEAD") return true;
  refuse(response, 405, "GET only", { Allow: "GET" });
  return false;
}
