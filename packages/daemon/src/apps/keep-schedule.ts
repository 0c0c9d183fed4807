/**
 * Runs an instance whenever its schedule is due. Each time of a cron pattern is a slot: it is written down before it is
 * run, and none is run twice, whatever becomes of the daemon or of the clock. A slot that comes while a run goes on is
 * left out, run later, or ends that run, as the schedule says, and one that nobody was there for is run later or left
 * out; what is left out is told.
 */
import { type Because, follows } from "../events/because.ts";
import type { Schedule } from "../spec/app-spec.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { keepUpUntilNext } from "./keep-up-until-next.ts";
import type { Life, LifeBeginning } from "./life.ts";
import { nextRunAt, slotsBetween } from "./schedule.ts";
import { missedAfterMs, sleepUntil } from "./sleep-until.ts";

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
  const first = from.kind !== "schedule" ? from : isNow ? ({ ...from, kind: "start" } as const) : undefined;
  const next = first === undefined ? undefined : await keepUpUntilNext(entry, life, first, schedule);
  life.launched.resolve();
  if (next !== undefined) await runSlot(entry, life, schedule, next);
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
    const next = await keepUpUntilNext(entry, life, { kind: "start", because: due }, schedule);
    if (next !== undefined) {
      slot = next;
      continue;
    }
    if (life.token.isCancelled || schedule.everyMs !== undefined) return;
    const missed = slotsBetween(schedule, Math.max(slot, begun), world.clock.now());
    slot = missed.at(-1);
    if (slot === undefined) return;
    if (schedule.overlap !== undefined) continue;
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

function timeText(at: number): string {
  return new Date(at).toISOString();
}
