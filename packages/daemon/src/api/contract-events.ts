/** What happens, and why. */
import type { Exit } from "../spec/app-state.ts";
import type { AppStatus, Operation } from "./contract-apps.ts";

/** What something began with. */
export type Origin =
  /** Somebody asked for it: `uid 1000`, `token` or `session 1a2b3c4d`, by that method of the API. */
  | { readonly type: "request"; readonly by: string; readonly method: string }
  /** The program ended by itself, that long after it was launched; null where that is not known. */
  | { readonly type: "exit"; readonly exit: Exit; readonly afterMs: number | null }
  | { readonly type: "probe"; readonly probe: ProbeName; readonly text: string }
  | { readonly type: "timer"; readonly timer: TimerName }
  /** An app that it depends on. */
  | { readonly type: "dependency"; readonly app: string; readonly condition: string }
  /** A watched file changed. */
  | { readonly type: "watch"; readonly path: string }
  /** The machine had too little of something: memory, processes, room on the disk. */
  | { readonly type: "shortage"; readonly text: string }
  /** The daemon began, or took over what an earlier one left. */
  | { readonly type: "boot"; readonly text: string };

export type ProbeName = "health" | "readiness" | "liveness" | "notify" | "log";
export type TimerName = "backoff" | "schedule" | "start-timeout" | "watchdog" | "rolling";

/** How it goes with a webhook. */
export interface WebhookStatus {
  readonly project: string;
  readonly name: string;
  /** Its origin; the rest of a URL may be a secret. */
  readonly address: string;
  /** Events that it was not told yet. */
  readonly waiting: number;
  /** Since this daemon began. */
  readonly delivered: number;
  /** `gone`: it answered with 410, and is told nothing until its project is applied again. */
  readonly state: "good" | "failing" | "gone";
  readonly error: string | null;
  /** When it is tried again. */
  readonly next: string | null;
}

/** Why an event happened: what it began with, the event that led to it, or both. */
export interface Cause {
  /** Null where it follows from the event `after` alone. */
  readonly origin: Origin | null;
  /** The number of the event that led to this one; null for a beginning. */
  readonly after: number | null;
}

/** Something that happened; `seq` grows by one with each and never repeats. */
export interface DaemonEvent {
  readonly seq: number;
  readonly time: string;
  /**
   * `state` when an instance changed its state; `operation` when one began or ended; `project` when one was applied;
   * `warning` when an app runs otherwise than its manifest says, or output was let go for want of room on the disk;
   * `watch` when a changed file restarts an app; `hook` when a webhook or an `on_exit` command fails.
   */
  readonly type: "state" | "operation" | "project" | "warning" | "watch" | "hook";
  readonly project: string;
  readonly name: string | null;
  /** A sentence a person can read: `web is running`. */
  readonly message: string;
  /** The row as it is after the change, for `state`. */
  readonly app: AppStatus | null;
  readonly operation: Operation | null;
  /** Who asked for it, such as `uid 1000`; null for what was nobody's wish. */
  readonly by: string | null;
  readonly cause: Cause;
}
