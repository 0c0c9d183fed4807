import type { Notified, TreeUsage } from "@holdfast/platform";
import type { AppLimits, Command, Secret, Ulimit } from "../spec/app-spec.ts";
import type { Exit } from "../spec/app-state.ts";

/** A limit, as the manifest has it. */
export type LimitName = "memory" | "cpus" | "pids";

/** Hears what a run says of itself; returns the way out. */
export type OnNotified = (listener: (notified: Notified) => void) => () => void;

/** What a runner needs to start one instance once. */
export interface RunRequest {
  /** Names this run for ever: no two runs have the same one. */
  readonly cookie: string;
  readonly command: Command;
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The file that gets stdout and stderr, appended. */
  readonly output: string;
  /** The file that gets stderr instead. */
  readonly errorOutput?: string;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly limits?: AppLimits;
  readonly ulimits?: readonly Ulimit[];
  readonly secrets?: readonly Secret[];
  /** True: it is given a `NOTIFY_SOCKET`. */
  readonly notify?: boolean;
  /** True: the leader may exit with 0 while its children run on; the run ends with the last of them. */
  readonly forks: boolean;
}

/** How a run is asked to end. */
export interface StopRequest {
  readonly signal: string;
  /** Until the whole tree is killed. */
  readonly graceMs: number;
  /** True: the signal goes to the leader and not to its process group. */
  readonly leaderOnly: boolean;
  /** Run instead of the signal; resolves when it has ended, whatever came of it. */
  readonly command?: () => Promise<void>;
}

/** One life of one instance. */
export interface Run {
  readonly pid: number;
  /** The limits that were asked for and that nothing enforces; absent where that is not known. */
  readonly notEnforced?: readonly LimitName[];
  /** Absent where the runner cannot hear it. */
  readonly onNotified?: OnNotified;
  /** Resolves when the leader has ended and nothing of its tree is left; never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks it to end, then makes it. Resolves when it has ended; a later, more pressing call shortens the grace. */
  stop(request: StopRequest): Promise<Exit>;
}

/** What is left of a run that an earlier daemon began. */
export type Reattached =
  | { readonly kind: "running"; readonly run: Run }
  | { readonly kind: "ended"; readonly exit: Exit }
  /** It never came to be. */
  | { readonly kind: "never-began" };

/** A run that goes on, as its own environment names it. */
export interface StrayRun {
  readonly cookie: string;
  readonly pid: number;
  readonly project: string;
  readonly name: string;
  /** Absent when it was started by a version that did not tell it. */
  readonly instance?: number;
}

/** Starts instances, as processes or containers, and finds them again. */
export interface Runner {
  /** Rejects with a `HoldfastError` of code `START_FAILED` whose message says what was tried and why it failed. */
  launch(request: RunRequest): Promise<Run>;
  /** Why nothing can be started now, in words; undefined when something can. Absent where that is always so. */
  unavailable?(): string | undefined;
  reattach(cookie: string, forks: boolean): Promise<Reattached>;
  /** The runs that go on and have none of these cookies: what was written of them was lost. */
  strays(known: ReadonlySet<string>): readonly StrayRun[];
  /** True while the leader of a run lives. */
  isLive(cookie: string): boolean;
  /** What each run that goes on uses now, by its cookie. Absent where that cannot be known. */
  usage?(): ReadonlyMap<string, TreeUsage>;
  /** Forgets a run that has ended and was written down elsewhere. */
  forget(cookie: string): void;
}
