/**
 * The API's shapes, as they go over the wire. Times are RFC 3339 strings, durations milliseconds. What `--json`
 * prints is made of the same shapes, so both are stable together.
 */
import type { ProjectSpec } from "../spec/app-spec.ts";
import type { AppStatus, Operation, Target } from "./contract-apps.ts";
import type { DaemonEvent, WebhookStatus } from "./contract-events.ts";
import type { LogEvent, LogExtent, LogLine, LogQuery } from "./contract-logs.ts";
import type { Applied, Plan } from "./contract-plan.ts";
import type { RemoteNode, RemoteRole, RemoteStatus } from "./contract-remote.ts";
import type { BrowserSession, SystemDescription, SystemInfo, Usage } from "./contract-system.ts";
import type { AppDescription, Why } from "./contract-why.ts";

export {
  type AppStatus,
  type LimitStatus,
  type Operation,
  type OperationKind,
  type StateName,
  stateNames,
  type Target,
} from "./contract-apps.ts";
export type { Cause, DaemonEvent, Origin, ProbeName, TimerName, WebhookStatus } from "./contract-events.ts";
export {
  type LogEvent,
  type LogExtent,
  type LogLine,
  type LogQuery,
  type LogStream,
  logStreams,
  type SkippedOutput,
} from "./contract-logs.ts";
export type { Applied, FieldChange, Plan, PlannedApp } from "./contract-plan.ts";
export { type RemoteNode, type RemoteRole, type RemoteStatus, remoteRoles } from "./contract-remote.ts";
export type { BrowserSession, SystemDescription, SystemInfo, Usage } from "./contract-system.ts";
export type { AppDescription, PastExit, ProbeReport, ProbeResult, Why, WhyLink } from "./contract-why.ts";

/** A change that can be asked for again without being done twice. */
export interface Keyed {
  /** The caller's own: a second call with the same key gives what the first one began. */
  readonly key?: string;
}

export interface Methods {
  /** With `settled`, once it is known whether there is an HTTP server. */
  "system.info": { readonly params: { readonly settled?: boolean }; readonly result: SystemInfo };
  "system.describe": { readonly params: Record<string, never>; readonly result: SystemDescription };
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
   * One for each instance that the target names: why it is as it is, back to what that began with. With it come the
   * last `lines` (10) of its output, 1,000 at most.
   */
  "apps.why": {
    readonly params: Target & { readonly lines?: number };
    readonly result: readonly Why[];
  };
  /** One for each app that the target names. */
  "apps.describe": { readonly params: Target; readonly result: readonly AppDescription[] };
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
  /**
   * Stops apps, each after those that need it, deletes their output unless `keepData`, and forgets them; they are
   * `removing` until then. The next apply of a manifest that has one brings it back. `CONFLICT` when an app that stays
   * needs one of those.
   */
  "apps.remove": {
    readonly params: {
      readonly targets: readonly Target[];
      readonly keepData?: boolean;
      readonly timeoutMs?: number;
    } & Keyed;
    readonly result: readonly Operation[];
  };
  /** A URL that lets one browser in, within a minute; `read` may look and not touch. Rejects with `NO_HTTP`. */
  "sessions.invite": {
    readonly params: { readonly role?: BrowserSession["role"] };
    readonly result: { readonly url: string };
  };
  /**
   * What the apps used since `since`, as far back as samples are kept: some minutes of fine ones, a day of one a minute.
   * Without `targets`, of all apps.
   */
  "stats.read": {
    readonly params: { readonly targets?: readonly Target[]; readonly since?: string };
    readonly result: readonly Usage[];
  };
  /** A sample of each instance that runs, each 2 s; `history` is what `stats.read` gives. */
  "stats.follow": {
    readonly params: { readonly targets?: readonly Target[] };
    readonly result: { readonly subscription: string; readonly history: readonly Usage[] };
    readonly event: readonly Usage[];
  };
  "sessions.list": {
    readonly params: Record<string, never>;
    readonly result: readonly BrowserSession[];
  };
  "sessions.revoke": { readonly params: { readonly id: string }; readonly result: Record<string, never> };
  /** How this machine stands with its relay, and whom it knows there. */
  "remote.status": { readonly params: Record<string, never>; readonly result: RemoteStatus };
  /** Takes over the mailbox of an invitation of a relay, which is good once. `CONFLICT` where it has one. */
  "remote.join": { readonly params: { readonly invitation: string }; readonly result: RemoteStatus };
  /** Gives the mailbox up, and forgets every machine. */
  "remote.leave": { readonly params: Record<string, never>; readonly result: Record<string, never> };
  /** A code with which one other machine is let in, to do what `role` may, within ten minutes. */
  "remote.invite": {
    readonly params: { readonly role: RemoteRole };
    readonly result: { readonly code: string; readonly until: string };
  };
  /** Pairs this machine with the one that gave the code; says what it may do there. Rejects with `PAIRING_FAILED`. */
  "remote.pair": {
    readonly params: { readonly code: string; readonly name?: string };
    readonly result: { readonly name: string; readonly role: RemoteRole };
  };
  /** Changes what a machine may do here; without `role`, nothing any more. */
  "remote.grant": {
    readonly params: { readonly name: string; readonly role?: RemoteRole };
    readonly result: RemoteNode;
  };
  /** Trusts a machine no longer. */
  "remote.forget": { readonly params: { readonly name: string }; readonly result: Record<string, never> };
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
  /**
   * The first `limit` (10,000) events after `after`; or with `last` or `before` the last so many before that number, 10,000
   * at most.
   */
  "events.read": {
    readonly params: {
      readonly after?: number;
      readonly limit?: number;
      readonly before?: number;
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
  /** The webhooks of a project, or of all, and how it goes with each. */
  "webhooks.list": {
    readonly params: { readonly project?: string };
    readonly result: readonly WebhookStatus[];
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
  /** The app is being worked on by another operation that this one cannot join, or another app needs it. */
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
  /** Nothing can be started on this machine now; nothing was changed. */
  RUNNER_UNAVAILABLE: -32009,
  /** One stream was asked for, of apps that write both into one log: their manifest has no `log: { split: true }`. */
  LOG_NOT_SPLIT: -32010,
  /** This machine has no mailbox at a relay. */
  NOT_JOINED: -32011,
  /** Another machine does not answer, or the relay cannot be reached. */
  NODE_UNREACHABLE: -32012,
  /** The other machine did not answer to its code. */
  PAIRING_FAILED: -32013,
} as const;
export type ApiErrorCode = keyof typeof apiErrorCodes;
