import type { Cancellation } from "./abort.ts";
import type { Clock, Timer } from "./clock.ts";

/** How watched work ended; for the last two it goes on, unwatched, and how it ends is of no interest any more. */
export type WatchEnd =
  | { readonly kind: "completed" | "timed-out" | "out-of-budget" }
  | { readonly kind: "failed"; readonly error: unknown };

export interface WatchLimits {
  /** From now on. */
  readonly limitMs: number;
  /** From the cancellation on; asked for at that moment. */
  readonly budgetMs: () => number;
}

/** Waits for `work` within its limits; never rejects, and leaves neither timer nor listener. */
export function watch(
  clock: Clock,
  work: Promise<unknown>,
  token: Cancellation,
  limits: WatchLimits,
): Promise<WatchEnd> {
  return new Promise((resolve) => {
    const timers: Timer[] = [];
    const endIn = (ms: number, end: WatchEnd) => {
      if (ms < Number.POSITIVE_INFINITY) timers.push(clock.setTimeout(() => settle(end), ms));
    };
    const settle = (end: WatchEnd) => {
      for (const timer of timers) clock.clearTimeout(timer);
      off();
      resolve(end);
    };
    endIn(limits.limitMs, { kind: "timed-out" });
    const off = token.onCancel(() => endIn(limits.budgetMs(), { kind: "out-of-budget" }));
    work.then(
      () => settle({ kind: "completed" }),
      (error: unknown) => settle({ kind: "failed", error }),
    );
  });
}
