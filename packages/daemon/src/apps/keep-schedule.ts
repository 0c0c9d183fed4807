import type { Clock, ShutdownToken } from "@holdfast/runtime";
import type { Schedule } from "../spec/app-spec.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { keepUp } from "./keep-up.ts";
import type { Life, LifeBeginning } from "./life.ts";
import { nextRunAt } from "./schedule.ts";

/** Runs an instance whenever its schedule is due, until its life is cancelled. A run that is late for the next skips it. */
export async function keepSchedule(
  entry: InstanceEntry,
  life: Life,
  from: LifeBeginning,
  schedule: Schedule,
): Promise<void> {
  const { clock } = entry.world;
  if (from.kind !== "schedule") await keepUp(entry, life, from);
  else if (schedule.immediate) await keepUp(entry, life, { kind: "start" });
  life.launched.resolve();
  while (!life.token.isCancelled) {
    const at = nextRunAt(schedule, clock.now());
    if (at === undefined) return;
    entry.patch({ next: at });
    if ((await sleepUntil(clock, at, life.token)) === "cancelled") return;
    entry.patch({ restarts: 0 });
    await keepUp(entry, life, { kind: "start" });
  }
}

const longestSleepMs = 30_000;

async function sleepUntil(clock: Clock, at: number, token: ShutdownToken): Promise<"elapsed" | "cancelled"> {
  // In steps, so that a wall clock that is set meanwhile is noticed.
  for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
    if ((await clock.sleep(Math.min(left, longestSleepMs), token)) === "cancelled") return "cancelled";
  }
  return token.isCancelled ? "cancelled" : "elapsed";
}
