import type { Origin } from "../api/contract.ts";

/** Why something is done, as whoever does it knows. */
export interface Because {
  /** What it began with. */
  readonly origin?: Origin;
  /** The number of the event that led to it; absent: the last one that told of the same instance. */
  readonly after?: number;
  /** True: what was before has nothing to do with it. A life begins so, with a request. */
  readonly begins?: true;
}

/** Nothing is known but what was before. */
export const follows: Because = {};

/** Said where an earlier version of the daemon wrote nothing down of it. */
export const beforeUnknown: string = "what led to it was not written down";
