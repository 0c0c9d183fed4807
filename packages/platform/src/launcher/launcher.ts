import type { HoldfastError } from "@holdfast/runtime";
import type { ProcessIdentity } from "../process/identity.ts";

/** One program to start once. */
export interface LaunchRequest {
  /** Names this run for ever: no two have the same one. Letters, digits, `.`, `_` and `-`, at most 128. */
  readonly cookie: string;
  /** The program, looked up in the `PATH` of `env`, and its arguments. No shell sees them. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute. */
  readonly cwd: string;
  /** All the variables it gets, but for `HOLDFAST_COOKIE`, which is always added. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; stdout and stderr are appended to it. Made with mode 0600 if it is not there. */
  readonly output: string;
  /** Absolute; stderr is appended to it instead. As `output`. */
  readonly errorOutput?: string;
  /** The directories of cgroups to join before anything else, one of each hierarchy. */
  readonly cgroups?: readonly string[];
  /** `USER` or `USER:GROUP`, names or numbers. Such a program gains no privileges by what it executes. */
  readonly user?: string;
  /** Groups beside those of the user, names or numbers. */
  readonly groups?: readonly string[];
  readonly resourceLimits?: readonly ResourceLimit[];
  /** True: it gets a `NOTIFY_SOCKET`, and what it says there is in its record. See `Notified`. */
  readonly notify?: boolean;
}

/** One of the limits that each process has for itself; see `setrlimit(2)`. */
export interface ResourceLimit {
  /** The number of the kernel: 7 is the number of open files. */
  readonly resource: number;
  readonly soft: number | "unlimited";
  readonly hard: number | "unlimited";
}

/**
 * Starts programs that outlive the daemon and whose exit is known afterwards, through the run directory.
 * Each leads a session and process group of its own, with stdin at `/dev/null` and no other inherited file.
 */
export interface Launcher {
  readonly kind: LauncherKind;
  /**
   * Resolves once the program runs. Rejects with `SPAWN_FAILED`; then it does not run, except for the phases
   * `keeper` and `timeout`, where nobody can tell.
   */
  launch(request: LaunchRequest): Promise<ProcessIdentity>;
  /** Why nothing can be started now, in words; undefined when something can. */
  unavailable(): string | undefined;
  /** Lets go of what it started, which runs on; launches in flight are awaited. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

export type LauncherKind = "keeper" | "shim";

/** What went wrong, where: `phase` is `record notify fork cgroup stdin output chdir rlimit user exec keeper shim` or `timeout`. */
export interface SpawnFailure {
  readonly phase: string;
  /** The number of the system, 0 where there is none. */
  readonly errno: number;
  /** Its name, such as `ENOENT`. */
  readonly error: string;
}

export type SpawnFailedError = HoldfastError<"SPAWN_FAILED", SpawnFailure>;
