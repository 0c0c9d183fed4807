import { HoldfastError, TerminalError } from "@holdfast/runtime";
import type { HttpResponse } from "./transport.ts";

/** What a relay said instead of what was asked. */
export interface RefusalDetails {
  readonly status: number;
  /** That of the relay's own error, where it sent one. */
  readonly relayCode?: string;
}

/** An answer that is none, and whether it may be another one later: `retryAfterMs` is when the relay said so. */
export class RefusedError extends HoldfastError<"RELAY_REFUSED", RefusalDetails> {
  readonly retryAfterMs: number;

  constructor(message: string, details: RefusalDetails, retryAfterMs = 0) {
    super("RELAY_REFUSED", message, { details });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The token was refused (401). */
export class UnauthorisedError extends TerminalError {}

/** Nobody is kept waiting for longer by what a relay says, in ms. */
export const longestWaitMs: number = 3_600_000;

/** True for what may succeed later without anybody changing anything. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * What to throw for an answer to a request for a stream: a `TerminalError` for 204, 403, 404 and 410, which are for good,
 * and for 401; else something that is tried again.
 */
export function streamRefusal(
  what: string,
  response: Pick<HttpResponse, "status" | "header">,
  now: number,
): Error {
  const { status } = response;
  const message = `${what} was answered with ${status}`;
  if (status === 401)
    return new UnauthorisedError(`${message}; give it a token that is valid`, { details: { status } });
  if ([204, 403, 404, 410].includes(status)) return new TerminalError(message, { details: { status } });
  return new RefusedError(message, { status }, retryAfterMs(response.header("retry-after"), now));
}

/** `Retry-After` as ms from `now`: seconds or a date (RFC 9110). 0 for none, and for what is neither. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), longestWaitMs);
}
