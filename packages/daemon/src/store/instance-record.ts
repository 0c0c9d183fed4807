import type { Clock } from "@holdfast/runtime";
import type { OperationKind } from "../api/contract.ts";
import type { RestartHistory } from "../apps/exit-decision.ts";
import type { LimitName } from "../runner/runner.ts";
import type { AppState, Exit } from "../spec/app-state.ts";

/** Names one instance: the key of everything that is kept about it. */
export interface InstanceKey {
  readonly project: string;
  readonly name: string;
  /** From 1. */
  readonly instance: number;
}

/** All that is known of one instance; the store holds the only copy. Times are wall-clock milliseconds. */
export interface InstanceRecord extends InstanceKey {
  readonly state: AppState;
  /** When the present kind of state began. */
  readonly since: number;
  /** True from a start that was asked for until a stop: after a crash of the daemon it is what to go back to. */
  readonly wanted: boolean;
  /** The present or last run; written before the run is begun. */
  readonly cookie: string | null;
  readonly pid: number | null;
  readonly restarts: number;
  /** Those that count against its policy, as `keepRestarts` gives them; absent or null is none. */
  readonly restartHistory?: RestartHistory | null;
  readonly lastError: string | null;
  /** When it will be started by itself: the end of a backoff, or the next time of its schedule. */
  readonly next: number | null;
  /** The limits that its spec asks for and that nothing enforces in the present or last run; absent is none. */
  readonly notEnforced?: readonly LimitName[];
  /** The port of each that its spec names, where it leaves one open; they stay what they are as long as they are free. */
  readonly ports?: readonly number[];
  /** What the present or last run said of itself last; absent is nothing. */
  readonly status?: string | null;
  /** The last time of its schedule that was run, or left out for good. */
  readonly slot?: number;
  /** The number of the last event that told of it, and of the one that its present life began with. */
  readonly told?: { readonly last: number; readonly root: number };
  /** When the present or last run was launched. */
  readonly launchedAt?: number;
  /** The longest that the stop or the restart under way can take. */
  readonly budgetMs?: number | null;
  /** The last runs that are over, the newest first. */
  readonly exits?: readonly EndedRunRecord[];
  readonly sawReadyLine: boolean;
  /** Where the output of the present or last run begins in the log. */
  readonly outputFrom: number;
  /** Where its stderr begins in the log of that; null or absent where both are one. */
  readonly errorsFrom?: number | null;
  readonly operation: { readonly id: string; readonly kind: OperationKind; readonly since: number } | null;
}

/** A run that is over. */
export interface EndedRunRecord {
  readonly at: number;
  readonly exit: Exit;
  /** Null where it is not known. */
  readonly ranMs: number | null;
}

/** As many of the last runs of an instance are remembered. */
const rememberedExits = 50;

/** The last runs, one more of which is over. */
export function withExit(
  { exits = [] }: Pick<InstanceRecord, "exits">,
  exit: EndedRunRecord,
): readonly EndedRunRecord[] {
  return [exit, ...exits].slice(0, rememberedExits);
}

/** How long the last run has gone on, by the wall clock; null where it is not known when it was launched. */
export function sinceLaunch(
  { launchedAt }: Pick<InstanceRecord, "launchedAt">,
  clock: Pick<Clock, "now">,
): number | null {
  return launchedAt === undefined ? null : Math.max(0, clock.now() - launchedAt);
}

/** The record of an instance that was never started. */
export function freshRecord(key: InstanceKey, now: number): InstanceRecord {
  return {
    project: key.project,
    name: key.name,
    instance: key.instance,
    state: { kind: "stopped" },
    since: now,
    wanted: false,
    cookie: null,
    pid: null,
    restarts: 0,
    lastError: null,
    next: null,
    sawReadyLine: false,
    outputFrom: 0,
    operation: null,
  };
}

/** `project/name/1`. */
export function keyText(key: InstanceKey): string {
  return `${key.project}/${key.name}/${key.instance}`;
}
