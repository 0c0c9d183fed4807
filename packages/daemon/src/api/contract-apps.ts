/** Apps as they are seen from outside: rows of `holdfast ps`, operations, and what names them. */
import type { Exit, Health, WaitingFor } from "../spec/app-state.ts";

/** One instance of an app: a row of `holdfast ps`. */
export interface AppStatus {
  readonly project: string;
  readonly name: string;
  /** The state's `kind`. */
  readonly state: StateName;
  /** How far it is, while it is `installing` or `removing`: `stopping`, `deleting data`, `forgetting`. */
  readonly stage?: string;
  readonly health: Health;
  readonly ready: boolean;
  readonly runner: "process" | "container";
  readonly pid: number | null;
  /** The replica's number, from 1. */
  readonly instance: number;
  /** Restarts after an exit that nobody asked for, since the app was last asked to start. */
  readonly restarts: number;
  /** When the present state began. */
  readonly since: string;
  readonly exit: Exit | null;
  readonly lastError: string | null;
  /** The ports that it was given, and those that its manifest names. */
  readonly ports: readonly number[];
  /** What it said of itself last, by `sd_notify(3)`; null if it never did. */
  readonly status: string | null;
  /** What it may use at most; null where its manifest says nothing of it. */
  readonly limits: LimitStatus | null;
  /** The operation that works on this app now. */
  readonly operation: { readonly id: string; readonly kind: OperationKind; readonly since: string } | null;
  readonly labels: Readonly<Record<string, string>>;
  /** A name that several apps share, and that means all of them; null where it has none. */
  readonly group: string | null;
  /** What a starting app waits for; empty otherwise. */
  readonly waitingFor: readonly WaitingFor[];
  /** When an app in backoff is started again, or a scheduled one runs next. */
  readonly next: string | null;
  /** The longest that the present transitional state may last, from `since` on; null where nothing bounds it. */
  readonly budgetMs: number | null;
}

/** The limits of an app, and those of them that nothing enforces in its present or last run. */
export interface LimitStatus {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pids?: number;
  readonly notEnforced: readonly ("memory" | "cpus" | "pids")[];
}

/** Every `kind` of the state union. */
export const stateNames = [
  "stopped",
  "starting",
  "running",
  "stopping",
  "restarting",
  "backoff",
  "completed",
  "failed",
  "installing",
  "removing",
  "unknown",
] as const;
export type StateName = (typeof stateNames)[number];

export type OperationKind = "start" | "stop" | "restart" | "remove";

export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly project: string;
  readonly name: string;
  /** The one instance it is about, or null for all of them. */
  readonly instance: number | null;
  /** Who asked for it, such as `uid 1000`; null for what the daemon decided itself. */
  readonly by: string | null;
  readonly state: "running" | "done" | "failed";
  readonly since: string;
  readonly ended: string | null;
  /** Why it failed: a sentence that names the app. */
  readonly error: string | null;
}

/** Names apps: all of a project, one app, or one instance of it. */
export interface Target {
  readonly project: string;
  readonly name?: string;
  readonly instance?: number;
}
