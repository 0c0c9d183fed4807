import type { Schedule } from "../spec/app-spec.ts";
import type { Exit } from "../spec/app-state.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { keepUp } from "./keep-up.ts";
import { type Life, type LifeBeginning, partOf } from "./life.ts";
import { nextRunAt, slotsBetween } from "./schedule.ts";
import { missedAfterMs, sleepUntil } from "./sleep-until.ts";

const due = { origin: { type: "timer", timer: "schedule" } } as const;

/**
 * Keeps an instance up as `keepUp` does. With `overlap: replace` it is ended when the next time of the schedule comes:
 * that time is returned then, and is to be run; undefined in any other case.
 */
export async function keepUpUntilNext(
  entry: InstanceEntry,
  life: Life,
  from: LifeBeginning,
  schedule: Schedule,
): Promise<number | undefined> {
  if (schedule.overlap !== "replace") {
    await keepUp(entry, life, from);
    return undefined;
  }
  const part = partOf(life, life.token.childToken());
  const waiting = part.token.childToken();
  const running = keepUp(entry, part, from).then(() => waiting.cancel({ kind: "requested-by-run" }));
  const next = await nextToCome(entry, schedule, waiting);
  if (next === undefined || life.token.isCancelled) {
    await running;
    return undefined;
  }
  entry.apply({ type: "restart-asked" }, {}, due);
  part.token.cancel({ kind: "reload-requested", message: `${entry.key.name} gives way to its next run` });
  await running;
  await endRun(entry, life);
  return life.token.isCancelled ? undefined : next;
}

/** Resolves with the next time when it has come; with undefined when the token was cancelled, or none ever comes. */
async function nextToCome(
  entry: InstanceEntry,
  schedule: Schedule,
  token: Life["token"],
): Promise<number | undefined> {
  const { world, key } = entry;
  const { clock } = world;
  const begun = clock.now();
  for (;;) {
    // Also one that came while nobody was there.
    const from = schedule.everyMs === undefined ? (entry.record.slot ?? begun) : begun;
    const at = nextRunAt(schedule, from);
    if (at === undefined) return undefined;
    const waited = await sleepUntil(clock, schedule, at, token);
    if (waited === "cancelled") return undefined;
    if (waited === "set-back") continue;
    if (schedule.everyMs !== undefined) return at;
    const last = slotsBetween(schedule, at - 1, clock.now()).at(-1) ?? at;
    if (clock.now() - last <= missedAfterMs || schedule.missed === "run-once") return last;
    world.tell(key, `${key.name} missed its run of ${new Date(last).toISOString()}`, due.origin);
    entry.patch({ slot: last });
  }
}

/** Ends what runs, if anything does. Who ends the whole life meanwhile does it too. */
async function endRun(entry: InstanceEntry, life: Life): Promise<void> {
  const { world, spec, key } = entry;
  await life.launching;
  const { run } = life;
  if (run === undefined) return;
  const exit: Exit = await run.stop(world.stopRequest(spec, key, run));
  if (life.token.isCancelled) return;
  life.run = undefined;
  entry.runIsOver();
  entry.ended(exit, "stopped");
}
