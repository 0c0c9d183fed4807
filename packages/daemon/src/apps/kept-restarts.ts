/** The restarts that a crash of the daemon must not make forgotten: an intensity holds across daemons too. */
import type { Clock } from "@holdfast/runtime";
import { noRestarts, type RestartHistory } from "./exit-decision.ts";
import type { InstanceEntry } from "./instance-entry.ts";

/** A `RestartHistory` as it is written down: another daemon's monotonic times mean nothing. Times are wall-clock milliseconds. */
export type KeptRestarts = RestartHistory;

type Now = Pick<Clock, "now" | "monotonic">;

export function keepRestarts({ inARow, times }: RestartHistory, clock: Now): KeptRestarts {
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  return { inARow, times: times.map((time) => Math.round(now - (monotonic - time))) };
}

/** What was kept, on the clock of this daemon. A time that is to come, since the wall clock was set back, was just now. */
export function openRestarts(kept: KeptRestarts | null | undefined, clock: Now): RestartHistory {
  if (kept === null || kept === undefined) return noRestarts;
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  return { inARow: kept.inARow, times: kept.times.map((time) => monotonic - Math.max(0, now - time)) };
}

/** Once a run has lived long enough, no restart before it is in a row with what comes. Returns what its end is to call. */
export function forgetOnceWell(entry: InstanceEntry, livedMs: number): () => void {
  const { clock } = entry.world;
  const { resetAfterMs } = entry.spec.restart.backoff;
  const { restartHistory: kept } = entry.record;
  if (resetAfterMs === undefined || !kept || kept.inARow === 0) return () => undefined;
  const timer = clock.setTimeout(
    () => entry.patch({ restartHistory: kept.times.length === 0 ? null : { ...kept, inARow: 0 } }),
    Math.max(0, resetAfterMs - livedMs),
  );
  return () => clock.clearTimeout(timer);
}
