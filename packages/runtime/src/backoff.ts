import type { Random } from "./random.ts";

/** Delays that grow from `initialMs` by `factor` up to `maxMs`. */
export interface Backoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** `equal` keeps half of the delay and draws the rest: the shortest tail after a common outage. Default `none`. */
  readonly jitter?: "none" | "equal" | "full";
}

/** For what is tried until it works: 1 s doubling to 30 s, equal jitter. */
export const patientBackoff: Backoff = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "equal" };

/**
 * How long to wait, in ms, before attempt number `attempt` (from 1), and no less than `atLeastMs`: what the
 * other side asked for. Pure but for the draw from `random`.
 */
export function backoffDelay(
  { initialMs, factor, maxMs, jitter = "none" }: Backoff,
  attempt: number,
  random: Pick<Random, "next">,
  atLeastMs = 0,
): number {
  const full = Math.min(maxMs, initialMs * factor ** (Math.max(1, attempt) - 1));
  const fixed = { none: full, equal: full / 2, full: 0 }[jitter];
  const delayMs = fixed < full ? fixed + (full - fixed) * random.next() : full;
  // What is no number asks for nothing.
  return Math.max(delayMs, atLeastMs || 0);
}
