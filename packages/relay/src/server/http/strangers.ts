/** Requests that show no token that is good: so many of one address, and no more. */
import type { IncomingMessage } from "node:http";
import type { Clock } from "@holdfast/runtime";
import type { Rate } from "../options.ts";
import { RateLimit } from "../rate-limit.ts";
import { RelayError } from "../relay-error.ts";
import { countedAs, type IsTrusted, trusted } from "./address.ts";

/** Addresses that are remembered, those heard of last: each costs some 200 bytes, and nobody can make it more. */
const mostAddresses = 10_000;

export class Strangers {
  readonly #limit: RateLimit;
  readonly #isTrusted: IsTrusted;

  /** `proxies`: whose `X-Forwarded-For` is believed. Throws `TypeError` as `trusted` does. */
  constructor(clock: Clock, rate: Rate, proxies: readonly string[]) {
    this.#limit = new RateLimit(clock, rate, mostAddresses);
    this.#isTrusted = trusted(proxies);
  }

  /** Counts one. Throws `RATE_LIMITED` when its address has made more than it may. */
  count(request: Pick<IncomingMessage, "socket" | "headers">): void {
    const header = request.headers["x-forwarded-for"];
    const forwardedFor = Array.isArray(header) ? header.join(",") : header;
    const waitMs = this.#limit.take(
      countedAs({ peer: request.socket.remoteAddress, forwardedFor }, this.#isTrusted),
    );
    if (waitMs === 0) return;
    throw new RelayError("RATE_LIMITED", "more requests without a good token than one address may make", {
      details: { retryAfterMs: waitMs },
    });
  }

  /** Forgets whoever has been quiet. */
  sweep(): void {
    this.#limit.sweep();
  }
}
