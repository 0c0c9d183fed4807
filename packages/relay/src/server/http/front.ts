/** From a request to its route: limits, admission, rates, and what a refusal looks like. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { describeError } from "@holdfast/runtime";
import type { RelayErrorCode } from "../../protocol/index.ts";
import type { Rates } from "../options.ts";
import { RateLimit } from "../rate-limit.ts";
import { RelayError } from "../relay-error.ts";
import type { TokenRow } from "../store/relay-store.ts";
import {
  createSlot,
  deleteSlot,
  getSlot,
  listSlots,
  listTokens,
  mintToken,
  revokeToken,
} from "./admin-routes.ts";
import { admit, demandAdmin } from "./admission.ts";
import type { Call, RelayParts } from "./call.ts";
import { answerCors } from "./cors.ts";
import { append, openStream, pull } from "./event-routes.ts";
import { metricsText, metricsType } from "./metrics.ts";
import { openApiDocument } from "./open-api.ts";
import { refuse, replyJson, replyText } from "./reply.ts";
import { methodsAt, type Route, routeOf } from "./route.ts";
import { Strangers } from "./strangers.ts";

export interface FrontOptions extends RelayParts {
  readonly rates: Rates;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly version: string;
  readonly onError: (error: unknown, where: string) => void;
}

export class Front {
  readonly #options: FrontOptions;
  readonly #posts: RateLimit;
  readonly #reads: RateLimit;
  readonly #strangers: Strangers;
  readonly #underWay = new Set<Promise<void>>();
  #isStopping = false;
  #looked: { readonly at: number; readonly ready: Promise<unknown> } | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#posts = new RateLimit(options.clock, options.rates.post);
    this.#reads = new RateLimit(options.clock, options.rates.read);
    this.#strangers = new Strangers(options.clock, options.rates.stranger, options.trustedProxies);
  }

  /** Requests that are not answered yet. */
  get requests(): number {
    return this.#underWay.size;
  }

  /** Answers it. `isWithin`: its connection is within the limit. */
  take(request: IncomingMessage, response: ServerResponse, isWithin: boolean): void {
    const answered = this.#answer(request, response, isWithin);
    this.#underWay.add(answered);
    void answered.then(() => this.#underWay.delete(answered));
  }

  /** From now on everything is refused with `STOPPING`. Resolves when what came before is answered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  sweep(): void {
    this.#posts.sweep();
    this.#reads.sweep();
    this.#strangers.sweep();
  }

  async #answer(request: IncomingMessage, response: ServerResponse, isWithin: boolean): Promise<void> {
    const { counters, corsOrigins, onError } = this.#options;
    const url = request.url ?? "/";
    const queryAt = url.indexOf("?");
    const pathname = queryAt < 0 ? url : url.slice(0, queryAt);
    try {
      if (request.method === "OPTIONS") this.#strangers.count(request);
      if (answerCors(corsOrigins, request, response, pathname)) return;
      this.#refuseTooMuch(isWithin);
      const route = this.#route(request, pathname);
      const query = new URLSearchParams(queryAt < 0 ? "" : url.slice(queryAt + 1));
      await this.#run(route, { request, response, query });
    } catch (error) {
      // The client left in the middle of its body: there is nobody to answer.
      if (request.destroyed && !request.complete) return;
      const told = error instanceof RelayError ? error : internal(error);
      counters.refused.set(told.code, (counters.refused.get(told.code) ?? 0) + 1);
      if (told.code === "INTERNAL" || told.code === "STORE_UNAVAILABLE") {
        counters.errors++;
        onError(error, `${request.method} ${pathname}`);
      }
      if (response.headersSent) response.destroy();
      else refuse(response, told, !request.complete || !isWithin || this.#isStopping, allow(told, pathname));
    }
  }

  #refuseTooMuch(isWithin: boolean): void {
    const { limits, random } = this.#options;
    const later = (code: RelayErrorCode, message: string): RelayError =>
      new RelayError(code, message, { details: { retryAfterMs: 1_000 + random.next() * 4_000 } });
    if (this.#isStopping) throw later("STOPPING", "the relay is stopping; come back in a moment");
    if (!isWithin) throw later("BUSY", `${limits.maxConnections} connections are open already`);
    if (this.#underWay.size >= limits.maxRequests) {
      throw later("BUSY", `${limits.maxRequests} requests are under way already`);
    }
  }

  #route(request: IncomingMessage, pathname: string): Route {
    try {
      return routeOf(request.method ?? "", pathname);
    } catch (error) {
      // Nobody looked whether it has a token: it is a stranger's.
      if (request.method !== "OPTIONS") this.#strangers.count(request);
      throw error;
    }
  }

  async #run(route: Route, call: Call): Promise<void> {
    const parts = this.#options;
    switch (route.kind) {
      // These two are never refused: else strangers could have a relay taken for a dead one.
      case "health":
        return replyText(call.response, 200, "ok\n");
      case "ready":
        await this.#ready();
        return replyText(call.response, 200, "ready\n");
      case "openapi":
        this.#strangers.count(call.request);
        return replyJson(call.response, 200, openApiDocument(parts.version));
      case "append":
        return await append(parts, call, route.slot, await this.#admit(call, this.#posts));
      case "pull":
        return await pull(parts, call, route.slot, await this.#admit(call));
      case "stream":
        return await openStream(parts, call, route.slot, await this.#admit(call));
      case "create-slot":
        return await createSlot(parts, call, await this.#admit(call));
      case "list-slots":
        return await listSlots(parts, call, await this.#admit(call));
      case "get-slot":
        return await getSlot(parts, call, route.slot, await this.#admit(call));
      case "delete-slot":
        return await deleteSlot(parts, call, route.slot, await this.#admit(call));
      case "mint-token":
        return await mintToken(parts, call, await this.#admit(call));
      case "list-tokens":
        return await listTokens(parts, call, await this.#admit(call));
      case "revoke-token":
        return await revokeToken(parts, call, route.id, await this.#admit(call));
      case "metrics":
        return await this.#tellMetrics(call, await this.#admit(call));
    }
  }

  /** It writes to the disk and anybody may ask: at most once a second. */
  #ready(): Promise<unknown> {
    const { store, wakes, clock } = this.#options;
    const at = clock.monotonic();
    if (this.#looked === undefined || at - this.#looked.at >= 1_000) {
      this.#looked = { at, ready: Promise.all([store.ready(), wakes.ready()]) };
    }
    return this.#looked.ready;
  }

  async #admit({ request }: Call, rate: RateLimit = this.#reads): Promise<TokenRow> {
    const { store, clock } = this.#options;
    const token = await admit(request.headers.authorization, store, clock).catch((error: unknown) => {
      // A good token is always let in, also from an address that others have used up.
      if (error instanceof RelayError && error.code === "UNAUTHORISED") this.#strangers.count(request);
      throw error;
    });
    const waitMs = rate.take(token.id);
    if (waitMs === 0) return token;
    throw new RelayError("RATE_LIMITED", "more requests than this token may make; slow down", {
      details: { retryAfterMs: waitMs },
    });
  }

  async #tellMetrics({ response }: Call, token: TokenRow): Promise<void> {
    demandAdmin(token, undefined);
    const { store, readers, counters } = this.#options;
    const text = metricsText(counters, {
      usage: await store.usage(),
      readers: readers.count,
      requests: this.#underWay.size,
      residentBytes: process.memoryUsage.rss(),
    });
    replyText(response, 200, text, { "Content-Type": metricsType });
  }
}

function allow(error: RelayError, pathname: string): Readonly<Record<string, string>> {
  return error.code === "METHOD_NOT_ALLOWED" ? { Allow: methodsAt(pathname).join(", ") } : {};
}

function internal(error: unknown): RelayError {
  return new RelayError("INTERNAL", "the relay failed; its log says how", {
    details: { retryAfterMs: 5_000 },
    cause: describeError(error),
  });
}
