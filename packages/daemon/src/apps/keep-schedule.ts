/**
 * Runs an instance whenever its schedule is due. Each time of a cron pattern is a slot: it is written down before it is
 * run, and none is run twice, whatever becomes of the daemon or of the clock. A slot that comes while a run goes on, and
 * one that nobody was there for, are run later or left out, as the schedule says; what is left out is told.
 */
import type { Clock, ShutdownToken } from "@holdfast/runtime";
import { type Because, follows } from "../events/because.ts";
import type { Schedule } from "../spec/app-spec.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { keepUp } from "./keep-up.ts";
import type { Life, LifeBeginning } from "./life.ts";
import { nextRunAt, slotsBetween } from "./schedule.ts";

/** A slot that is seen later than this was missed: a sleep takes half of it at most. */
const missedAfterMs = 60_000;

const due = { origin: { type: "timer", timer: "schedule" } } as const;

/** Runs an instance whenever its schedule is due, until its life is cancelled. */
export async function keepSchedule(
  entry: InstanceEntry,
  life: Life,
  from: LifeBeginning,
  schedule: Schedule,
): Promise<void> {
  const { clock } = entry.world;
  // What an earlier daemon was waiting for; a start and a stop forget it.
  const left = from.kind === "schedule" ? entry.record.next : null;
  const isNow = from.kind === "schedule" && schedule.immediate && left === null;
  if (from.kind !== "schedule") await keepUp(entry, life, from);
  else if (isNow) await keepUp(entry, life, { kind: "start", because: from.because });
  life.launched.resolve();
  let because: Because = from.kind === "schedule" && !isNow ? from.because : follows;
  for (let at = left ?? nextSlot(entry, schedule); at !== undefined; at = nextSlot(entry, schedule)) {
    if (life.token.isCancelled) return;
    entry.patch({ next: at }, because);
    because = follows;
    const waited = await sleepUntil(clock, schedule, at, life.token);
    if (waited === "cancelled") return;
    if (waited === "elapsed") await runSlot(entry, life, schedule, at);
  }
}

async function runSlot(entry: InstanceEntry, life: Life, schedule: Schedule, at: number): Promise<void> {
  const { world, key } = entry;
  if (world.clock.now() - at > missedAfterMs && schedule.everyMs === undefined) {
    const runs = schedule.missed === "run-once";
    world.tell(
      key,
      `${key.name} missed its run of ${timeText(at)}${runs ? " and runs now" : ""}`,
      due.origin,
    );
    // Only this one counts as done: a clock that jumped ahead may be set back again.
    entry.patch({ slot: at });
    if (!runs) return;
  }
  for (let slot: number | undefined = Math.max(at, entry.record.slot ?? at); slot !== undefined; ) {
    const begun = world.clock.now();
    entry.patch({ restarts: 0, restartHistory: null, slot });
    await keepUp(entry, life, { kind: "start", because: due });
    if (life.token.isCancelled || schedule.everyMs !== undefined) return;
    const missed = slotsBetween(schedule, Math.max(slot, begun), world.clock.now());
    slot = missed.at(-1);
    if (slot === undefined) return;
    if (schedule.overlap === "queue") continue;
    entry.patch({ slot });
    const what = missed.length === 1 ? "a run" : `${missed.length} runs`;
    world.tell(key, `${what} of ${key.name} left out: the last one went on until now`, due.origin);
    return;
  }
}

/** The next time that was not run yet, also when the clock was set back. */
function nextSlot({ record, world }: InstanceEntry, schedule: Schedule): number | undefined {
  const now = world.clock.now();
  return nextRunAt(schedule, schedule.everyMs === undefined ? Math.max(now, record.slot ?? now) : now);
}

const longestSleepMs = 30_000;

/** `set-back`: the wall clock was, so that another time may be the next. An interval does not ask the wall clock. */
async function sleepUntil(
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

function timeText(at: number): string {
  return new Date(at).toISOString();
}
