import { Cron } from "croner";
import type { Schedule } from "../spec/app-spec.ts";

/** When a schedule is due next after `now`, in wall-clock milliseconds; undefined when it never is again. */
export function nextRunAt(schedule: Schedule, now: number): number | undefined {
  if (schedule.everyMs !== undefined) return now + schedule.everyMs;
  if (schedule.cron === undefined) return undefined;
  const { timeZone } = schedule;
  const cron = new Cron(schedule.cron, {
    paused: true,
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
  });
  return cron.nextRun(new Date(now))?.getTime();
}
