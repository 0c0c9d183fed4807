/**
 * What an app is, whatever file it was written in. Every manifest format is parsed into this, the API carries
 * it, the store keeps it, and a runner starts it. Everything in it is resolved: paths are absolute, variables
 * are substituted, defaults are filled in. Times are milliseconds.
 */
import type { OnExit, Webhook } from "../hooks/hook-spec.ts";

/** How an app's program is named. A shell runs only where the manifest asks for one. */
export type Command =
  | { readonly kind: "exec"; readonly argv: readonly [string, ...string[]] }
  /** `shell` is the argv that the script is appended to, such as `["/bin/sh", "-c"]`. */
  | { readonly kind: "shell"; readonly script: string; readonly shell: readonly [string, ...string[]] };

/** Compose's three conditions, and the two that process-compose adds. */
export type DependencyCondition =
  | "service_started"
  | "service_healthy"
  | "service_completed_successfully"
  | "service_completed"
  | "service_log_ready";

export interface Dependency {
  readonly condition: DependencyCondition;
  /** False: if the dependency is absent or cannot be started, the app starts all the same. */
  readonly required: boolean;
  /** True: a restart of the dependency restarts the app. */
  readonly restart: boolean;
}

export type ProbeAction =
  | { readonly kind: "exec"; readonly command: Command; readonly workingDir?: string }
  | {
      readonly kind: "http";
      readonly url: string;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      /** The status that counts as success; absent means any from 200 to 399. */
      readonly status?: number;
    }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export interface Probe {
  readonly action: ProbeAction;
  readonly initialDelayMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Successes in a row that make it good. */
  readonly successThreshold: number;
  /** Failures in a row that make it bad. */
  readonly failureThreshold: number;
  /** Failures within this time after the start do not count; the first success ends it. */
  readonly startPeriodMs: number;
  /** The interval used during the start period. */
  readonly startIntervalMs: number;
}

export interface RestartPolicy {
  readonly when: "never" | "on-failure" | "always";
  /** Restarts allowed within `windowMs` before the app is `failed`; absent means no limit. */
  readonly maxRestarts?: number;
  /** Absent: counted since the app was last asked to start, or last lived `backoff.resetAfterMs`. */
  readonly windowMs?: number;
  readonly backoff: {
    readonly initialMs: number;
    readonly maxMs: number;
    readonly factor: number;
    /** A run that lived this long starts the series anew; absent means it never does. */
    readonly resetAfterMs?: number;
    /** After a run that lived this long there is no delay at all; absent means there always is. */
    readonly promptAfterMs?: number;
  };
}

/** How instances are started anew when the app is changed: in batches, the next once the one before is ready. */
export interface UpdatePolicy {
  /** Instances at once; 0 means all. */
  readonly parallelism: number;
  /** Between two batches. */
  readonly delayMs: number;
  /** How long an instance has to stay ready to count as such. */
  readonly monitorMs: number;
  /** When an instance does not become ready: leave the rest as it was, go on, or go back to what was before. */
  readonly onFailure: "pause" | "continue" | "rollback";
}

/** Files whose change restarts the app. */
export interface WatchRule {
  /** A file or a directory with all below it. */
  readonly path: string;
  /** Globs below it: what counts; empty means all. */
  readonly include: readonly string[];
  /** Globs below it: what does not count, beside what editors, version control and installers write. */
  readonly ignore: readonly string[];
  /** A series of changes is over when none has come for so long. */
  readonly debounceMs: number;
}

export interface StopPolicy {
  readonly signal: string;
  /** From the signal to the kill of the whole tree. */
  readonly graceMs: number;
  /** Run instead of sending the signal; killed with the app when the grace is over. */
  readonly command?: Command;
  /** True: the signal goes to the leader alone, and not to its process group. */
  readonly leaderOnly: boolean;
}

/** When an app runs that does not run all the time. */
export interface Schedule {
  /** Five or six cron fields, or a macro such as `@hourly`. Absent when `everyMs` is given. */
  readonly cron?: string;
  readonly everyMs?: number;
  /** IANA name; absent means the daemon's own zone. */
  readonly timeZone?: string;
  /** Also run when the app is started. */
  readonly immediate: boolean;
  /** A run that is due while the last one goes on is left out, unless this says that it follows at once, or ends it. */
  readonly overlap?: "queue" | "replace";
  /** Runs that were due while nobody was there, or that the clock jumped over, are left out, unless this says one. */
  readonly missed?: "run-once";
}

export interface Port {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** What each instance may use at most, with all its processes; what is absent is not limited. */
export interface AppLimits {
  /** Bytes of memory, swap included. */
  readonly memoryBytes?: number;
  /** Processors: 0.5 is half of one. */
  readonly cpus?: number;
  /** Processes and threads. */
  readonly pids?: number;
  /** What becomes of the app where the machine cannot enforce them: it is not started, or it is with a warning. */
  readonly enforce: "require" | "warn";
}

/** How long an app may take to say that it is ready, unless it asks for more; absent means for ever. */
export interface ReadyNotify {
  readonly timeoutMs?: number;
}

/** A file that the app is given a private copy of at each start. What is in it is nowhere else. */
export interface Secret {
  /** Absolute. */
  readonly file: string;
  /** The name of the copy. */
  readonly target: string;
  /** Of the copy: 256 is 0400. */
  readonly mode: number;
}

/** One of the limits that each process has for itself, as `ulimit` and `setrlimit(2)` have them. */
export interface Ulimit {
  /** The number of the kernel: 7 is the number of open files. */
  readonly resource: number;
  readonly soft: number | "unlimited";
  readonly hard: number | "unlimited";
}

/** A variable that differs by replica: the first one's value is `base`, the second one's `base + 1`. */
export interface ReplicaVariable {
  readonly name: string;
  readonly base: number;
  /** Stands before the number, as in foreman's `PS=web.1`; absent means nothing. */
  readonly prefix?: string;
}

/** What ends the whole project when this app ends. */
export type ProjectEnd = "never" | "on-failure" | "always";

/** Where a thing was written, for messages. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface AppSpec {
  readonly project: string;
  /** Unique in its project; matches `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$`. */
  readonly name: string;
  /** A name that means this app and others like it: process-compose's for a process of several replicas. */
  readonly group?: string;
  readonly description?: string;
  readonly source: SourceLocation;
  readonly runner: { readonly kind: "process" } | { readonly kind: "container"; readonly image?: string };
  /** For a container without a command of its own: an `exec` of one empty word, and its image decides. */
  readonly command: Command;
  readonly workingDir: string;
  /** The whole environment of the app: the daemon adds its own `HOLDFAST_*` and replica variables and nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names in `environment` whose values are the caller's: they may be others at the next apply of the same app. */
  readonly inheritedVariables?: readonly string[];
  /** Uid or user name, with an optional `:group`; absent means the daemon's own. */
  readonly user?: string;
  /** Groups beside those of the user, by name or number. */
  readonly groups?: readonly string[];
  readonly limits?: AppLimits;
  readonly ulimits?: readonly Ulimit[];
  readonly secrets?: readonly Secret[];
  readonly replicas: number;
  /** Present: `{index}` in the command and in values of the environment is the number of the instance. */
  readonly indexed?: true;
  /** Added to `environment` of each replica: `prefix` and the replica's number, counted from `base`. */
  readonly replicaVariables: readonly ReplicaVariable[];
  readonly dependsOn: Readonly<Record<string, Dependency>>;
  /** Says `healthy` or `unhealthy`; Compose's `healthcheck`. */
  readonly healthcheck?: Probe;
  /** Says `ready`; without it an app is ready when healthy, and without either when it runs. */
  readonly readiness?: Probe;
  /** A bad verdict kills the app, and its restart policy decides what follows. */
  readonly liveness?: Probe;
  /** Present: a bad verdict of `readiness` kills the app too, as process-compose does. */
  readonly unreadyKills?: true;
  /** Present: it says by `sd_notify(3)` when it is ready. */
  readonly readyNotify?: ReadyNotify;
  /** It says by `sd_notify(3)` that it is alive, at least this often; else it is ended. Milliseconds. */
  readonly watchdogMs?: number;
  /** A line of output that contains this text makes the app `log ready`. */
  readonly readyLogLine?: string;
  readonly restart: RestartPolicy;
  /** Absent: when it is changed, all instances are restarted at once. */
  readonly update?: UpdatePolicy;
  /** Exit codes that count as success beside 0. */
  readonly successExitCodes: readonly number[];
  readonly stop: StopPolicy;
  readonly ports: readonly Port[];
  readonly schedule?: Schedule;
  readonly onExit?: OnExit;
  readonly watch?: readonly WatchRule[];
  /** Groups for filters; process-compose's namespaces. */
  readonly namespaces: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** True: known, listed as stopped, and started only when asked for by name. */
  readonly disabled: boolean;
  /** True: the leader is expected to exit with 0 once its children run; the app is up while its tree lives. */
  readonly forks: boolean;
  readonly endsProject: ProjectEnd;
  /** Present: the project ends also when this app is not started because a dependency failed. */
  readonly skippedEndsProject?: true;
  /** A file of the user's that gets a copy of the output; lines are labelled where several instances name the same. */
  readonly logFile?: string;
  /** Present: stderr has a log of its own, so that the streams can be told apart. */
  readonly logSplit?: true;
  /** How much of the output is kept: bytes, and no longer than so. What is absent is as for any app. */
  readonly logKeep?: { readonly maxBytes?: number; readonly maxAgeMs?: number };
}

/** One manifest, or several merged: the unit that `apps.apply` takes. */
export interface ProjectSpec {
  readonly name: string;
  /** The directory that `holdfast` commands without a project mean. */
  readonly directory: string;
  readonly files: readonly string[];
  readonly apps: readonly AppSpec[];
  /** False: apps are stopped all at once, and not in reverse order of dependency. */
  readonly orderedStop: boolean;
  /** True: the project ends as soon as any app ends. */
  readonly abortOnExit: boolean;
  readonly webhooks?: readonly Webhook[];
}
