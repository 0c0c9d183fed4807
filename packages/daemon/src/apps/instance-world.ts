import type { Clock, Random, ShutdownToken, TaskRegistry } from "@holdfast/runtime";
import type { Origin, ProbeReport } from "../api/contract.ts";
import type { EndOfRun } from "../hooks/outbox.ts";
import type { OutputPlace } from "../logs/instance-output.ts";
import type { LineWatch, WantedLine } from "../logs/line-watch.ts";
import type { Look, LookResult } from "../probes/probe-loop.ts";
import type { Run, Runner, StopRequest } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { WaitingFor } from "../spec/app-state.ts";
import type { AppStore } from "../store/app-store.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { Journal } from "../store/journal.ts";
import type { WaitEnd } from "./dependency-waiters.ts";

/** What an instance is given to live in. */
export interface InstanceWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly runner: Runner;
  readonly store: AppStore;
  readonly journal: Journal;
  readonly tasks: TaskRegistry;
  /** Resolves `met`, or `impossible` with the reason, or `cancelled`; tells each change of what is missing. */
  dependencies(
    spec: AppSpec,
    token: ShutdownToken,
    onWaiting: (waitingFor: readonly WaitingFor[]) => void,
  ): Promise<WaitEnd>;
  /** `run`: whose ports those are that the spec names. */
  readonly look: (spec: AppSpec, run: { readonly pid: number; readonly cookie: string | null }) => Look;
  /** Where a run's output is appended to, which can be written now. */
  prepareOutput(spec: AppSpec, key: InstanceKey, sharesFile: boolean): OutputPlace;
  /** So much of its output is kept from now on. */
  keepOutput(spec: AppSpec, key: InstanceKey): void;
  /** A run has begun: its output is watched until `closeOutput`. */
  openOutput(key: InstanceKey): void;
  /** The run has ended: no more output comes. */
  closeOutput(key: InstanceKey): void;
  /** Deletes what there is of an app's output and its index. A copy in a file of the user's stays. */
  deleteOutput(app: Pick<InstanceKey, "project" | "name">): Promise<void>;
  /** `errorsFrom`: where to begin in the log of stderr, if the run has one. */
  watchLine(key: InstanceKey, wanted: WantedLine, errorsFrom?: number | null): LineWatch;
  /** One number for each port, as `choosePorts` does; absent where none can be chosen. */
  choosePorts?(
    ports: AppSpec["ports"],
    before: readonly number[],
    promised: ReadonlySet<number>,
  ): Promise<readonly number[]>;
  /** The whole environment of one run. */
  environment(spec: AppSpec, key: InstanceKey): Readonly<Record<string, string>>;
  stopRequest(spec: AppSpec, key: InstanceKey, run: Run): StopRequest;
  /** Tells whoever follows the events what should not have been: a sentence. */
  tell(key: InstanceKey, warning: string, origin?: Origin): void;
  /** A probe of it has looked. */
  onLook(key: InstanceKey, probe: ProbeReport["probe"], result: LookResult): void;
  /** True when the project ends with the first of its apps. */
  abortsOnExit(): boolean;
  /** True when more than one instance writes to the file that the spec names. */
  sharesLogFile(spec: AppSpec): boolean;
  /** Told of each end of a run, in the turn in which that is written down. */
  ended(spec: AppSpec, key: InstanceKey, end: Omit<EndOfRun, "environment">): void;
  /** Told when an instance came to rest by itself: it ended, or it was never started because of its dependencies. */
  rested(key: InstanceKey, how: "completed" | "failed" | "skipped"): void;
}

/** What of it the machine gives. */
export type MachineWorld = Omit<
  InstanceWorld,
  | "clock"
  | "random"
  | "store"
  | "journal"
  | "tasks"
  | "tell"
  | "onLook"
  | "ended"
  | "dependencies"
  | "rested"
  | "sharesLogFile"
  | "abortsOnExit"
>;
