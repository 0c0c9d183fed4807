import { failpoint } from "@holdfast/runtime/failpoints";
import type { Because } from "../events/because.ts";
import type { RunResult } from "../hooks/delivery.ts";
import { firstChecked } from "../probes/checks.ts";
import type { Run } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { RecordPatch } from "../store/app-store.ts";
import { sinceLaunch, withExit } from "../store/instance-record.ts";
import { decideAfterExit, type EndedRun, isSuccess } from "./exit-decision.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { keepRestarts, openRestarts } from "./kept-restarts.ts";
import { launch } from "./launch.ts";
import type { Life, LifeBeginning } from "./life.ts";
import { watchRun } from "./watch-run.ts";

const startsAgain: LifeBeginning = {
  kind: "start",
  because: { origin: { type: "timer", timer: "backoff" } },
};
const tookOver: Because = { origin: { type: "boot", text: "the daemon took over a run that went on" } };

/** Keeps an instance up until it rests, fails, or its life is cancelled. */
export async function keepUp(entry: InstanceEntry, life: Life, from: LifeBeginning): Promise<void> {
  const { clock, random } = entry.world;
  let history = openRestarts(entry.record.restartHistory, clock);
  if (from.kind === "wait" && (await clock.sleep(from.delayMs, life.token)) === "cancelled") return;
  for (let begin = from.kind === "wait" ? startsAgain : from; ; begin = startsAgain) {
    const ended = await runOnce(entry, life, begin);
    if (ended === undefined) return;
    const { exit } = ended;
    const ranMs = ranFor(entry, begin, ended);
    const because: Because = { origin: ended.origin ?? { type: "exit", exit, afterMs: ranMs } };
    const over =
      ended.origin?.type === "shortage"
        ? {}
        : { exits: withExit(entry.record, { at: clock.now(), exit, ranMs }) };
    const decision = decideAfterExit(policyOf(entry), ended, history, random);
    if (ended.neverBegan === undefined) entry.ended(exit, resultOf(entry.spec, ended));
    switch (decision.kind) {
      case "rest":
      case "give-up": {
        const rests = decision.kind === "rest";
        const wanted = entry.spec.schedule !== undefined;
        entry.apply(
          rests ? { type: "completed", exit } : { type: "gave-up", reason: decision.reason, exit },
          { pid: null, wanted, ...over },
          because,
        );
        failpoint("run.rested");
        entry.world.rested(entry.key, rests ? "completed" : "failed");
        return;
      }
      case "restart": {
        history = decision.history;
        const until = clock.now() + decision.delayMs;
        entry.apply(
          { type: "crashed", exit, until, attempt: history.inARow },
          {
            pid: null,
            restarts: entry.record.restarts + 1,
            restartHistory: keepRestarts(history, clock),
            next: until,
            ...over,
          },
          because,
        );
        failpoint("restart.planned");
        if (decision.delayMs === 0) break;
        if ((await clock.sleep(decision.delayMs, life.token)) === "cancelled") return;
      }
    }
  }
}

/** One run from launch to end, or what is left of one; undefined when it came to nothing or the life was cancelled. */
async function runOnce(entry: InstanceEntry, life: Life, from: LifeBeginning): Promise<EndedRun | undefined> {
  if (from.kind === "ended") {
    entry.apply({ type: "launched", ...firstChecked(entry.spec) }, {}, tookOver);
    return { exit: from.exit, livedMs: 0, at: entry.world.clock.monotonic() };
  }
  const launched =
    from.kind === "adopt" ? { run: from.run, because: tookOver } : await launch(entry, life, from);
  if (launched === undefined || "livedMs" in launched) return launched;
  const { run, because } = launched;
  life.run = run;
  if (from.kind === "adopt") entry.adoptOutput();
  entry.world.openOutput(entry.key);
  const { launchedAt } = entry.record;
  entry.apply(
    { type: "launched", ...firstChecked(entry.spec) },
    {
      pid: run.pid,
      ...notEnforced(run),
      ...(from.kind === "adopt" && launchedAt !== undefined ? {} : { launchedAt: entry.world.clock.now() }),
    },
    because,
  );
  failpoint("run.launched");
  life.launched.resolve();
  const ended = await watchRun(entry, run, life.token);
  if (ended === undefined) return undefined;
  failpoint("run.ended");
  life.run = undefined;
  entry.runIsOver();
  failpoint("run.over");
  return ended;
}

function resultOf(spec: AppSpec, { exit, failed }: EndedRun): RunResult {
  return failed === undefined && isSuccess(spec, exit) ? "success" : "failure";
}

/** How long a run went on, as far as that is known: one of an earlier daemon's by the wall clock. */
function ranFor({ record, world }: InstanceEntry, from: LifeBeginning, { livedMs }: EndedRun): number | null {
  if (from.kind === "ended") return null;
  return from.kind === "adopt" ? sinceLaunch(record, world.clock) : livedMs;
}

/** Its own policy, unless any exit is to end the project: then nothing is started again. */
function policyOf({ spec, world }: InstanceEntry): AppSpec {
  return world.abortsOnExit() ? { ...spec, restart: { ...spec.restart, when: "never" } } : spec;
}

/** What is not known of a run that was taken up stays as it was told when it began. */
function notEnforced({ notEnforced }: Run): RecordPatch {
  return notEnforced === undefined ? {} : { notEnforced };
}
