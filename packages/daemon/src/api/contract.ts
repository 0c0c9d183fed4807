/**
 * The API's shapes, as they go over the wire. Times are RFC 3339 strings, durations milliseconds. What `--json`
 * prints is made of the same shapes, so both are stable together.
 */
import type { LogLevel } from "../logs/log-level.ts";
import type { ProjectSpec } from "../spec/app-spec.ts";
import type { Exit, Health, WaitingFor } from "../spec/app-state.ts";

/** One instance of an app: a row of `holdfast ps`. */
export interface AppStatus {
  readonly project: string;
  readonly name: string;
  /** The state's `kind`. */
  readonly state: StateName;
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

export type OperationKind = "start" | "stop" | "restart";

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

export interface LogLine {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  /** When the line was written, as exactly as the daemon saw it. */
  readonly time: string;
  readonly text: string;
  /** The byte offset of the line's first byte; valid as long as the log exists. */
  readonly offset: number;
  /** The level that the line gives itself, in whatever words. */
  readonly level?: LogLevel;
  /** What is in it, when it is a JSON object. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** It does not end here: it is longer than 64 KiB, or had no end yet. What follows comes as a line of its own. */
  readonly continues?: true;
}

/** What a follower of logs is told. */
export interface LogEvent {
  readonly lines: readonly LogLine[];
  readonly caughtUp?: true;
  /** What was let go, because the log is bounded, before this reader had taken it. */
  readonly skipped?: readonly SkippedOutput[];
}

export interface SkippedOutput {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  readonly bytes: number;
}

/** How much there is of the log of one instance. */
export interface LogExtent {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  /** Where the first line begins that was not let go; 0 when all is there. */
  readonly firstOffset: number;
  /** Where the next line will begin, or the unfinished one goes on. */
  readonly endOffset: number;
}

/** Which lines of logs are meant; all of it must be true of a line. */
export interface LogQuery {
  readonly targets: readonly Target[];
  /** The last so many lines of each instance; with `after` the first ones there. */
  readonly lines?: number;
  /** Written then or later. */
  readonly since?: string;
  /** Written then or earlier. */
  readonly until?: string;
  /** At least so grave; a line that says nothing of it counts as `info`. */
  readonly level?: LogLevel;
  /** Has this text in it. */
  readonly text?: string;
  /** Begins after this offset: to go on where one was. */
  readonly after?: number;
}

/** Something that happened; `seq` grows by one with each and never repeats. */
export interface DaemonEvent {
  readonly seq: number;
  readonly time: string;
  /**
   * `state` when an instance changed its state; `operation` when one began or ended; `project` when one was applied;
   * `warning` when an app runs otherwise than its manifest says, or output was let go for want of room on the disk.
   */
  readonly type: "state" | "operation" | "project" | "warning" | "watch";
  readonly project: string;
  readonly name: string | null;
  /** A sentence a person can read: `web is running`. */
  readonly message: string;
  /** The row as it is after the change, for `state`. */
  readonly app: AppStatus | null;
  readonly operation: Operation | null;
  /** Who asked for it, such as `uid 1000`; null for what was nobody's wish. */
  readonly by: string | null;
}

/** A browser that was let in. */
export interface BrowserSession {
  readonly id: string;
  readonly role: "operate" | "read";
  readonly since: string;
  readonly until: string;
}

export interface SystemInfo {
  readonly pid: number;
  readonly version: string;
  readonly home: string;
  readonly socket: string;
  /** Loopback base URL of the HTTP server, or null where none runs. */
  readonly http: string | null;
  readonly since: string;
  /** True when an `up` started this daemon, false when `daemon start` or `daemon run` did. */
  readonly onDemand: boolean;
}

/** One member of an app's spec that differs, by its name in `config --json`. */
export interface FieldChange {
  readonly field: string;
  /** Text as it is, everything else as JSON; null where it is absent. Values of variables and headers are `(hidden)`. */
  readonly from: string | null;
  readonly to: string | null;
}

/** What becomes of one app. */
export interface PlannedApp {
  readonly name: string;
  /** `orphaned`: the manifest has it no longer, and it is left as it is. */
  readonly change: "added" | "changed" | "unchanged" | "removed" | "orphaned";
  /** What differs, for `changed`. */
  readonly fields: readonly FieldChange[];
  /** `scale`: instances are started or stopped, and the others go on. `roll`: a restart in batches. */
  readonly action: "start" | "restart" | "roll" | "scale" | "stop" | "none";
  /** Why it is restarted although nothing of it is changed. */
  readonly because: string | null;
  /** The longest that stopping what is to be stopped of it can take; 0 where nothing is. */
  readonly stopMs: number;
}

/** What `apps.apply` would do. */
export interface Plan {
  readonly project: string;
  readonly apps: readonly PlannedApp[];
  /** False: everything is as the manifest says. */
  readonly hasChanges: boolean;
  /** The longest that the stops of this plan can take. */
  readonly stopMs: number;
  /** The longest that stopping all its apps can take afterwards. */
  readonly downMs: number;
  /** The apps whose graces add up to `downMs`, the first to be stopped first. */
  readonly downPath: readonly string[];
}

/** What `apps.apply` found to do, by app name. */
export interface Applied {
  readonly project: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  readonly plan: Plan;
  /** The operations that were begun, to be waited for. */
  readonly operations: readonly Operation[];
}

/** A change that can be asked for again without being done twice. */
export interface Keyed {
  /** The caller's own: a second call with the same key gives what the first one began. */
  readonly key?: string;
}

export interface Methods {
  /** With `settled`, once it is known whether there is an HTTP server. */
  "system.info": { readonly params: { readonly settled?: boolean }; readonly result: SystemInfo };
  "system.healthz": { readonly params: Record<string, never>; readonly result: { readonly ok: true } };
  /** The OpenRPC document of this API. */
  "rpc.discover": {
    readonly params: Record<string, never>;
    readonly result: { readonly openrpc: string; readonly [member: string]: unknown };
  };
  /** Stops the apps unless `keepApps`, then the daemon. Replies before it ends. */
  "system.shutdown": {
    readonly params: { readonly keepApps?: boolean };
    readonly result: Record<string, never>;
  };
  "apps.list": { readonly params: { readonly project?: string }; readonly result: readonly AppStatus[] };
  "apps.get": { readonly params: Target; readonly result: readonly AppStatus[] };
  /**
   * Makes the project be as the manifest says. With `names`, starts only those apps and what they need; without,
   * starts all that are not disabled. `removeOrphans` stops and forgets apps that the manifest no longer has.
   */
  "apps.apply": {
    readonly params: {
      readonly spec: ProjectSpec;
      readonly names?: readonly string[];
      readonly removeOrphans?: boolean;
    };
    readonly result: Applied;
  };
  /** What `apps.apply` would do with the same params, as things are now. Changes nothing. */
  "apps.plan": {
    readonly params: {
      readonly spec: ProjectSpec;
      readonly names?: readonly string[];
      readonly removeOrphans?: boolean;
    };
    readonly result: Plan;
  };
  "apps.start": {
    readonly params: { readonly targets: readonly Target[] } & Keyed;
    readonly result: readonly Operation[];
  };
  /** `timeoutMs` replaces each app's own grace. */
  "apps.stop": {
    readonly params: { readonly targets: readonly Target[]; readonly timeoutMs?: number } & Keyed;
    readonly result: readonly Operation[];
  };
  /** With `rolling`, in the batches that each app's `update` says (one at a time), the next once one is ready. */
  "apps.restart": {
    readonly params: {
      readonly targets: readonly Target[];
      readonly timeoutMs?: number;
      readonly rolling?: boolean;
    } & Keyed;
    readonly result: readonly Operation[];
  };
  /** A URL that lets one browser in, within a minute; `read` may look and not touch. Rejects with `NO_HTTP`. */
  "sessions.invite": {
    readonly params: { readonly role?: BrowserSession["role"] };
    readonly result: { readonly url: string };
  };
  "sessions.list": {
    readonly params: Record<string, never>;
    readonly result: readonly BrowserSession[];
  };
  "sessions.revoke": { readonly params: { readonly id: string }; readonly result: Record<string, never> };
  "operations.get": { readonly params: { readonly id: string }; readonly result: Operation };
  /**
   * Those that match, the oldest first, of the last `limit` (1,000) of them: also those that ended long ago, as far back
   * as they are kept. `name` is an app's, also of one that is gone; `since`: begun then or later.
   */
  "operations.list": {
    readonly params: {
      readonly project?: string;
      readonly name?: string;
      readonly since?: string;
      readonly limit?: number;
    };
    readonly result: readonly Operation[];
  };
  /** Resolves when all of them have ended. */
  "operations.wait": {
    readonly params: { readonly ids: readonly string[] };
    readonly result: readonly Operation[];
  };
  /**
   * The lines that are wanted, of each instance the last 10,000 at most and 8 MiB in all, merged by time. `before` an
   * offset, the older ones; `logs.follow` reads on without a limit.
   */
  "logs.read": {
    readonly params: LogQuery & { readonly before?: number };
    readonly result: readonly LogLine[];
  };
  /** Where the logs begin and end. */
  "logs.extent": {
    readonly params: { readonly targets: readonly Target[] };
    readonly result: readonly LogExtent[];
  };
  /**
   * Each wanted line from the last `lines` ones on (all when absent), merged by time, in batches; then one event with
   * `caughtUp`, after all that was there when the call came; then each further line as it is written. A last line
   * without an end comes when it has stood for a second, or the app has ended.
   */
  "logs.follow": {
    readonly params: LogQuery;
    readonly result: { readonly subscription: string };
    readonly event: LogEvent;
  };
  /** The first `limit` (10,000) events after `after`, or with `last` the last so many of them, 10,000 at most. */
  "events.read": {
    readonly params: {
      readonly after?: number;
      readonly limit?: number;
      readonly last?: number;
      readonly project?: string;
    };
    readonly result: readonly DaemonEvent[];
  };
  /** Every event after `after` (or from now on), without a gap. */
  "events.follow": {
    readonly params: { readonly after?: number; readonly project?: string };
    readonly result: { readonly subscription: string; readonly seq: number };
    readonly event: DaemonEvent;
  };
  "subscriptions.cancel": {
    readonly params: { readonly subscription: string };
    readonly result: Record<string, never>;
  };
}

/** `data.code` of an error reply, each with its JSON-RPC number. */
export const apiErrorCodes = {
  /** No app, project, instance or operation of that name. */
  NOT_FOUND: -32001,
  /** The app is being worked on by another operation that this one cannot join. */
  CONFLICT: -32002,
  /** The daemon is shutting down. */
  SHUTTING_DOWN: -32003,
  /** The request asks for something this daemon cannot do, such as running a container. */
  UNSUPPORTED: -32004,
  /** The caller may look and not touch. */
  FORBIDDEN: -32005,
  /** No HTTP server runs. */
  NO_HTTP: -32006,
  /** The disk is full: what was asked for could not be written down, and so was not done. */
  E_NO_SPACE: -32007,
  /** The state could not be written for another reason. */
  STATE_UNWRITABLE: -32008,
} as const;
export type ApiErrorCode = keyof typeof apiErrorCodes;
