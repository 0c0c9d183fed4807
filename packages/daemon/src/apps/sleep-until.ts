import type { Clock, ShutdownToken } from "@holdfast/runtime";
import type { Schedule } from "../spec/app-spec.ts";

/** A slot that is seen later than this was missed: a sleep takes half of it at most. */
export const missedAfterMs = 60_000;

const longestSleepMs = 30_000;

/** `set-back`: the wall clock was, so that another time may be the next. An interval does not ask the wall clock. */
export async function sleepUntil(
  clock: Clock,
  schedule: Schedule,
  at: number,
  token: ShutdownToken,
): Promise<"elapsed" | "cancelled" | "set-back"> {
  const begun = clock.monotonic();
  const length = Math.min(Math.max(0, at - clock.now()), schedule.everyMs ?? Number.POSITIVE_INFINITY);
  const leftOf = (): number =>
    schedule.everyMs === undefined ? at - clock.now() : length - (clock.monotonic() - begun);
  // In steps, so that a wall clock that is set meanwhile is noticed.
  for (let left = leftOf(); left > 0; left = leftOf()) {
    if ((await clock.sleep(Math.min(left, longestSleepMs), token)) === "cancelled") return "cancelled";
    if (leftOf() - (length - (clock.monotonic() - begun)) > missedAfterMs) return "set-back";
  }
  return token.isCancelled ? "cancelled" : "elapsed";
}
