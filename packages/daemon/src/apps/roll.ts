/**
 * A rolling restart: instances are started anew in batches, the next batch once the one before is ready.
 *
 *     forward → done                         every batch became ready
 *     forward → failed                       `pause`: one did not, and the rest goes on as it was
 *     forward → back → failed                `rollback`: what was started anew is started as before
 *
 * Which instances are through is seen by their runs (one that the operation did not find is its own), so a daemon
 * that was killed in the middle goes on where it was.
 */
import { HoldfastError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { Because } from "../events/because.ts";
import type { AppSpec, UpdatePolicy } from "../spec/app-spec.ts";
import type { Roll } from "../store/operation-record.ts";
import type { Turn } from "./app.ts";
import { becomesReady, reasonOf } from "./becomes-ready.ts";
import type { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";

/** What is done when the manifest does not say: one at a time, and a failure stops it. */
export const usualUpdate: UpdatePolicy = { parallelism: 1, delayMs: 0, monitorMs: 0, onFailure: "pause" };

export interface RollWorld {
  readonly world: InstanceWorld;
  readonly timeoutMs: number | undefined;
  /** Makes the app be what it was, durably, and returns its instances. */
  readonly goBackTo: (spec: AppSpec) => readonly Instance[];
}

/** Rolls an app. Rejects with `ROLL_FAILED` and a sentence that says what became of which instances. */
export async function rollApp(
  roll: Roll,
  instances: readonly Instance[],
  turn: Turn,
  rolling: RollWorld,
): Promise<void> {
  const isNew = ({ record: { cookie } }: Instance): boolean =>
    cookie !== null && !turn.before.includes(cookie);
  let { back } = roll;
  if (back === undefined) {
    const why = await forward(roll.policy, instances, isNew, turn, rolling);
    if (why === undefined) return;
    if (roll.policy.onFailure !== "rollback" || roll.from === undefined) throw failed(why);
    failpoint("roll.failed");
    back = { why, runs: instances.filter(isNew).flatMap(({ record }) => record.cookie ?? []) };
    turn.keepRoll({ ...roll, back });
  }
  const { why, runs } = back;
  const again = roll.from === undefined ? instances : rolling.goBackTo(roll.from);
  failpoint("roll.back");
  await rolling.world.journal.saved();
  const touched = again.filter((instance) => instance.record.cookie === null || isNew(instance));
  const isBack = ({ record: { cookie } }: Instance): boolean => cookie !== null && !runs.includes(cookie);
  const policy: UpdatePolicy = { ...roll.policy, monitorMs: 0, onFailure: "continue" };
  const worse = await forward(policy, touched, isBack, turn, rolling);
  throw failed(`${why}; it was rolled back${worse === undefined ? "" : `, and that failed too: ${worse}`}`);
}

/** Returns what went wrong, or undefined. */
async function forward(
  policy: UpdatePolicy,
  instances: readonly Instance[],
  isDone: (instance: Instance) => boolean,
  turn: Turn,
  { world, timeoutMs }: RollWorld,
): Promise<string | undefined> {
  const { store, clock, tasks } = world;
  const size = policy.parallelism === 0 ? Math.max(1, instances.length) : policy.parallelism;
  const failures: string[] = [];
  for (let from = 0; from < instances.length; from += size) {
    if (from > 0) {
      if ((await clock.sleep(policy.delayMs, tasks.token)) === "cancelled") return "the daemon ends";
      expectCurrent(turn);
      failpoint("roll.batch");
    }
    const batch = instances.slice(from, from + size);
    await Promise.all(
      batch.map(async (instance) => {
        try {
          if (!isDone(instance))
            await instance.restart(from === 0 ? turn.because : laterBatch(turn), timeoutMs);
          await becomesReady({ store, clock, token: tasks.token }, instance.key, policy.monitorMs);
        } catch (error) {
          const { name, instance: number } = instance.key;
          failures.push(`${name}.${number} did not become ready: ${reasonOf(error)}`);
        }
      }),
    );
    expectCurrent(turn);
    if (failures.length > 0 && policy.onFailure !== "continue") {
      const left = instances.slice(from + size).map(({ key }) => `${key.name}.${key.instance}`);
      const rest =
        left.length === 0 || policy.onFailure === "rollback"
          ? ""
          : `; ${left.join(", ")} ${left.length === 1 ? "goes" : "go"} on as before`;
      return `${failures.join("; ")}${rest}`;
    }
  }
  return failures.length === 0 ? undefined : failures.join("; ");
}

/** Whoever stopped, restarted or removed the app meanwhile has the last word. */
function expectCurrent(turn: Turn): void {
  if (!turn.isCurrent())
    throw new HoldfastError("OVERTAKEN", "the app was told otherwise before this was done");
}

function laterBatch({ because }: Turn): Because {
  return { ...because, origin: { type: "timer", timer: "rolling" } };
}

function failed(message: string): HoldfastError {
  return new HoldfastError("ROLL_FAILED", message);
}
