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

/** No more slots than these are counted. */
const mostSlots = 1_000;

/** The slots of a cron pattern after `from`, up to `to` and with it, the earliest first; the last is always the last. */
export function slotsBetween(schedule: Schedule, from: number, to: number): readonly number[] {
  const slots: number[] = [];
  if (schedule.everyMs !== undefined) return slots;
  let at = nextRunAt(schedule, from);
  while (at !== undefined && at <= to) {
    slots.push(at);
    // So many are a number and no more; the rest is up to the time that it is.
    at = slots.length < mostSlots ? nextRunAt(schedule, at) : nextRunAt(schedule, Math.max(at, to - 1));
    if (slots.length > mostSlots) break;
  }
  return slots;
}
