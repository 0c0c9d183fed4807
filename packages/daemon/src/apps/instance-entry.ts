import { failpoint } from "@holdfast/runtime/failpoints";
import { type Because, follows } from "../events/because.ts";
import type { RunResult } from "../hooks/delivery.ts";
import type { OutputPlace } from "../logs/instance-output.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { Exit } from "../spec/app-state.ts";
import type { RecordPatch } from "../store/app-store.ts";
import type { InstanceKey, InstanceRecord } from "../store/instance-record.ts";
import type { InstanceWorld } from "./instance-world.ts";
import { type AppEvent, nextState } from "./next-state.ts";

/** One instance as those see it who drive it: its spec, its record in the store, and the one way to change that. */
export class InstanceEntry {
  readonly key: InstanceKey;
  readonly world: InstanceWorld;
  /** What the next start uses. */
  spec: AppSpec;

  constructor(key: InstanceKey, spec: AppSpec, world: InstanceWorld) {
    this.key = key;
    this.spec = spec;
    this.world = world;
  }

  get record(): InstanceRecord {
    return this.world.store.get(this.key);
  }

  /** Lets an event change the state, if it applies to it, and patches the rest of the record along with it. */
  apply(event: AppEvent, patch: RecordPatch = {}, because: Because = follows): void {
    const { state } = this.record;
    const next = nextState(state, event);
    if (next === state && isPart(patch, this.record)) return;
    const lastError = next.kind === "failed" && next !== state ? { lastError: next.reason } : {};
    this.world.store.update(this.key, { ...lastError, ...patch, state: next }, because);
  }

  patch(patch: RecordPatch, because: Because = follows): void {
    this.world.store.update(this.key, patch, because);
  }

  /** Where the output of its next run goes, and from which offset. Throws when that cannot be. */
  prepareOutput(spec: AppSpec = this.spec): OutputPlace {
    return this.world.prepareOutput(spec, this.key, this.world.sharesLogFile(spec));
  }

  /** The output of a run that an earlier daemon began goes on as it did; that it cannot is no reason to end the run. */
  adoptOutput(): void {
    try {
      const { logSplit, ...spec } = this.spec;
      // What it began with counts, whatever was asked for since.
      const isSplit = typeof this.record.errorsFrom === "number";
      this.prepareOutput(isSplit ? { ...spec, logSplit: true } : spec);
    } catch (error) {
      this.patch({ lastError: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Its last run has ended so. To be called together with what is written of it. */
  ended(exit: Exit, result: RunResult): void {
    const { cookie } = this.record;
    if (cookie !== null) this.world.ended(this.spec, this.key, { exit, result, runId: cookie });
  }

  /** A run of it is over: no more output comes, and the runner may forget it. */
  runIsOver(): void {
    const { cookie } = this.record;
    this.world.closeOutput(this.key);
    // The runner's own record goes when ours is on the disk: until then it is the only proof of how the run ended.
    if (cookie !== null) {
      this.world.journal.onceSaved(() => {
        failpoint("run.forget");
        this.world.runner.forget(cookie);
        failpoint("run.forgotten");
      });
    }
  }
}

/** True when the record says all of it already. */
function isPart(patch: RecordPatch, record: InstanceRecord): boolean {
  const known: RecordPatch = record;
  return Object.entries(patch).every(([name, value]) => known[name as keyof RecordPatch] === value);
}
