import type { Random } from "./random.ts";

/** Delays that grow from `initialMs` by `factor` up to `maxMs`. */
export interface Backoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** `equal` keeps half of the delay and draws the rest: the shortest tail after a common outage. Default `none`. */
  readonly jitter?: "none" | "equal" | "full";
}

/** How long to wait, in ms, before attempt number `attempt` (from 1). Pure but for the draw from `random`. */
export function backoffDelay(backoff: Backoff, attempt: number, random: Pick<Random, "next">): number {
  const { initialMs, factor, maxMs, jitter = "none" } = backoff;
  const full = Math.min(maxMs, initialMs * factor ** (Math.max(1, attempt) - 1));
  switch (jitter) {
    case "none":
      return full;
    case "equal":
      return full / 2 + (full / 2) * random.next();
    case "full":
      return full * random.next();
  }
}
