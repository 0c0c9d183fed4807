/** What becomes of a request to a webhook after an attempt. Pure. */
import { backoffDelay, type Random } from "@holdfast/runtime";

/** What came of an attempt: the status of a reply, or why there was none. */
export type Answer =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterMs?: number }
  | { readonly kind: "failed"; readonly error: string };

export type AttemptVerdict =
  | { readonly kind: "delivered" }
  /** The receiver wants nothing more. */
  | { readonly kind: "gone"; readonly why: string }
  | { readonly kind: "again"; readonly afterMs: number; readonly why: string }
  | { readonly kind: "given-up"; readonly why: string };

/** From a second to an hour, half of each drawn: many that failed together do not come back together. */
const backoff = { initialMs: 1_000, maxMs: 3_600_000, factor: 2, jitter: "equal" } as const;

/** A receiver may ask for more time, and not for ever. */
const mostRetryAfterMs = 86_400_000;

/** `attempts` with this one, `ageMs` since it was told for the first time. */
export function decideAfterAttempt(
  answer: Answer,
  { attempts, ageMs }: { readonly attempts: number; readonly ageMs: number },
  { giveUpAfterMs }: { readonly giveUpAfterMs: number },
  random: Random,
): AttemptVerdict {
  if (answer.kind === "status" && answer.status >= 200 && answer.status < 300) return { kind: "delivered" };
  const why = answer.kind === "status" ? `it answers with ${answer.status}` : answer.error;
  if (answer.kind === "status" && answer.status === 410) return { kind: "gone", why };
  const asked = answer.kind === "status" ? (answer.retryAfterMs ?? 0) : 0;
  const afterMs = backoffDelay(backoff, attempts, random, Math.min(asked, mostRetryAfterMs));
  if (ageMs + afterMs > giveUpAfterMs) return { kind: "given-up", why };
  return { kind: "again", afterMs, why };
}

/** `Retry-After` as milliseconds from `now`; undefined when it says nothing that can be understood. */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1_000;
  // A date of HTTP begins with its day.
  const at = /^[A-Z][a-z]{2,8}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
