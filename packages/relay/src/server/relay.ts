/**
 * A relay: mailboxes over HTTP. A posting is answered once it is on the disk, a pull carries, a stream only wakes.
 *
 * 1. Whoever was answered 201 or 200 has lost nothing, whatever dies at whatever instant.
 * 2. Nobody who is there has to go because others come: beyond a limit one is refused, with a time to come back at.
 * 3. A reader that takes nothing has nothing queued.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import {
  type Clock,
  describeError,
  HoldfastError,
  type Random,
  ShutdownToken,
  systemClock,
  systemRandom,
  TaskRegistry,
} from "@holdfast/runtime";
import type { TokenStatus } from "../protocol/index.ts";
import { type Counters, newCounters } from "./counters.ts";
import { Front } from "./http/front.ts";
import {
  defaultLimits,
  defaultRates,
  defaultRetention,
  defaultStreams,
  type RelayLimits,
  type RelayOptions,
  type Retention,
} from "./options.ts";
import { hashToken, newToken } from "./secrets.ts";
import type { RelayStore } from "./store/relay-store.ts";
import { Readers } from "./stream/readers.ts";
import { localWakeBus } from "./wake/local-wake-bus.ts";
import type { WakeBus } from "./wake/wake-bus.ts";

/** Where a relay listens. */
export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** Instead of host and port: a Unix socket, for a proxy on the same machine. Who may connect, its directory says. */
  readonly path?: string;
  /** PEM texts; without them it speaks plain HTTP, for the loopback or behind a proxy. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A relay that can be listened with, and ended. */
export interface Relay extends AsyncDisposable {
  /** Resolves to the URL it is reached at, or to `unix:PATH`. Rejects with `LISTEN_FAILED`. */
  listen(options?: ListenOptions): Promise<string>;
  /**
   * Mints a token that administers everything, for whoever has the machine; an earlier one of the same name is
   * replaced. It is told once.
   */
  mintAdminToken(name?: string): Promise<string>;
  /** True for a token that administers everything now. */
  isAdminToken(token: string): Promise<boolean>;
  /** Trims now what retention lets go, instead of when it is due. Resolves to the number of events that went. */
  trim(): Promise<number>;
  /** Streams that are open. */
  readonly readers: number;
  /**
   * Refuses what is new, says good-bye to every stream, finishes what is under way, and closes store and wakes.
   * Connections that are still there after `budgetMs` (default 5,000) are cut. A second call joins the first.
   */
  stop(budgetMs?: number): Promise<void>;
}

/** Makes a relay of a store; nothing is listened to yet. */
export function createRelay(options: RelayOptions): Relay {
  return new RunningRelay(options);
}

/** Connections beyond the limit that are told so; those beyond these are not even read. */
const toldConnections = 64;

class RunningRelay implements Relay {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: RelayStore;
  readonly #wakes: WakeBus;
  readonly #limits: RelayLimits;
  readonly #retention: Retention;
  readonly #counters: Counters = newCounters();
  readonly #readers: Readers;
  readonly #front: Front;
  readonly #token = new ShutdownToken();
  readonly #tasks: TaskRegistry;
  readonly #onError: (error: unknown, where: string) => void;
  readonly #servers = new Set<Server>();
  readonly #within = new Set<Socket>();
  #stopped: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    const { clock = systemClock, random = systemRandom, store, wakes = localWakeBus() } = options;
    this.#clock = clock;
    this.#random = random;
    this.#store = store;
    this.#wakes = wakes;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#retention = { ...defaultRetention, ...options.retention };
    this.#onError = options.onError ?? tellOnStderr;
    const shared = {
      clock,
      random,
      store,
      wakes,
      limits: this.#limits,
      counters: this.#counters,
      onError: this.#onError,
    };
    this.#readers = new Readers({ ...shared, timing: { ...defaultStreams, ...options.streams } });
    store.foretell?.((heads) => this.#readers.foretell(heads));
    this.#front = new Front({
      ...shared,
      readers: this.#readers,
      rates: { ...defaultRates, ...options.rates },
      corsOrigins: options.corsOrigins ?? [],
      trustedProxies: options.trustedProxies ?? [],
      version: options.version ?? "0",
    });
    this.#tasks = new TaskRegistry(this.#token, { clock });
    this.#tasks.spawn("retention", { kind: "maintenance" }, (token) => this.#keepTrimming(token));
  }

  get readers(): number {
    return this.#readers.count;
  }

  async listen({ host = "127.0.0.1", port = 0, path, tls }: ListenOptions = {}): Promise<string> {
    const server = this.#newServer(tls);
    this.#servers.add(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ ...(path === undefined ? { host, port } : { path }), backlog: 4_096 }, resolve);
    try {
      await promise;
    } catch (error) {
      this.#servers.delete(server);
      throw new HoldfastError(
        "LISTEN_FAILED",
        `cannot listen at ${path ?? `${host}:${port}`}: ${describeError(error)}`,
        {
          cause: error,
        },
      );
    }
    server.off("error", reject);
    server.on("error", (error) => this.#onError(error, "server"));
    if (path !== undefined) return `unix:${path}`;
    const address = server.address() as AddressInfo;
    const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return `${tls === undefined ? "http" : "https"}://${name}:${address.port}`;
  }

  async mintAdminToken(name = "admin"): Promise<string> {
    const token = newToken(this.#random);
    const row = {
      id: `own_${name}`,
      hash: hashToken(token),
      scope: "admin" as const satisfies TokenStatus["scope"],
      slot: undefined,
      sender: undefined,
      createdAt: this.#clock.now(),
      expiresAt: undefined,
    };
    await this.#store.putToken(row, Number.POSITIVE_INFINITY);
    return token;
  }

  async isAdminToken(token: string): Promise<boolean> {
    const found = await this.#store.findToken(hashToken(token));
    if (found?.scope !== "admin" || found.slot !== undefined) return false;
    return found.expiresAt === undefined || found.expiresAt > this.#clock.now();
  }

  async trim(): Promise<number> {
    const { maxAgeMs, keepBytes } = this.#retention;
    const trimmed = await this.#store.trim({ before: this.#clock.now() - maxAgeMs, keepBytes });
    this.#counters.trimmed += trimmed;
    return trimmed;
  }

  stop(budgetMs = 5_000): Promise<void> {
    this.#stopped ??= this.#stop(budgetMs);
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(budgetMs: number): Promise<void> {
    this.#token.cancel({ kind: "requested-by-run" });
    const answered = this.#front.stop();
    this.#readers.endAll();
    const closed = [...this.#servers].map(
      (server) => new Promise<void>((resolve) => void server.close(() => resolve())),
    );
    for (const server of this.#servers) server.closeIdleConnections();
    const late = this.#clock.setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, budgetMs);
    await Promise.all([answered, ...closed]);
    this.#clock.clearTimeout(late);
    await this.#tasks.joinAll(budgetMs);
    await this.#readers.settled();
    await this.#wakes[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #newServer(tls: ListenOptions["tls"]): Server {
    const { headersTimeoutMs, requestTimeoutMs, maxHeaderBytes, maxConnections } = this.#limits;
    const options = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.max(100, headersTimeoutMs / 5),
      maxHeaderSize: maxHeaderBytes,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      noDelay: true,
    };
    const take = (request: IncomingMessage, response: ServerResponse): void =>
      this.#front.take(request, response, this.#within.has(request.socket));
    const server =
      tls === undefined
        ? createServer(options, take)
        : createTlsServer({ ...options, ...tls, handshakeTimeout: headersTimeoutMs }, take);
    server.maxConnections = maxConnections + toldConnections;
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => this.#admit(socket));
    server.on("clientError", (_error, socket) => socket.destroy());
    server.on("upgrade", (_request, socket) => socket.destroy());
    return server;
  }

  #admit(socket: Socket): void {
    if (this.#within.size >= this.#limits.maxConnections) return;
    this.#within.add(socket);
    socket.once("close", () => this.#within.delete(socket));
  }

  async #keepTrimming(token: ShutdownToken): Promise<void> {
    while ((await this.#clock.sleep(this.#retention.everyMs, token)) === "elapsed") {
      this.#front.sweep();
      try {
        await this.trim();
      } catch (error) {
        this.#counters.errors++;
        this.#onError(error, "retention");
      }
    }
  }
}

function tellOnStderr(error: unknown, where: string): void {
  console.error(`relay: ${where}: ${describeError(error)}`);
}
