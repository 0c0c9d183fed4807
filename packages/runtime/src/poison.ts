import { type Backoff, backoffDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import type { ShutdownToken } from "./shutdown.ts";

/** What to do about a message whose processing failed: try again after the backoff, or later, or put it aside. */
export type PoisonAnswer = "retry" | "quarantine" | { readonly retryAfterMs: number };

/** Asked after each failed attempt, counted from 1, while all behind the message wait. */
export type OnPoison<M> = (error: unknown, message: M, attempt: number) => PoisonAnswer;

export interface Digestion<M> {
  process(message: M, token: ShutdownToken): unknown;
  readonly onPoison: OnPoison<M>;
  /** Has the message once it resolves. */
  keep(message: M, error: unknown): unknown;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Processes a message or puts it aside; it is never passed over, and never tried in a hot loop. Rejects if it
 * was cancelled, or could not put it aside: then nothing has become of the message.
 */
export async function digest<M>(
  message: M,
  token: ShutdownToken,
  how: Digestion<M>,
): Promise<"processed" | "quarantined"> {
  for (let attempt = 1; ; attempt++) {
    token.throwIfCancelled();
    try {
      await how.process(message, token);
      return "processed";
    } catch (error) {
      // What fails because of a stop is no poison.
      token.throwIfCancelled();
      const answer = how.onPoison(error, message, attempt);
      if (answer === "quarantine") {
        await how.keep(message, error);
        return "quarantined";
      }
      const atLeastMs = typeof answer === "object" ? answer.retryAfterMs : 0;
      await how.clock.sleep(backoffDelay(how.backoff, attempt, how.random, atLeastMs), token);
    }
  }
}
