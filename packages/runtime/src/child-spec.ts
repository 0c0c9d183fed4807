import type { Backoff } from "./backoff.ts";
import type { Restart, Verdict } from "./policy.ts";
import type { ShutdownToken } from "./shutdown.ts";
import type { Supervisor } from "./supervisor.ts";

/** What a child is started with; each start gets a new one. */
export interface ChildContext {
  readonly id: string;
  readonly token: ShutdownToken;
  /** 1 for the first start, counting up with each restart. */
  readonly run: number;
  /** Tells that the child is ready, if its spec says `ready: "told"`. */
  ready(): void;
  /** Shows a supervisor of the child's own in the tree: its events and snapshot become part of this one's. */
  nest(supervisor: Supervisor): void;
}

/** `timeoutMs` after its token was cancelled a child is left behind; `brutal` does not wait at all. */
export type StopDeadline = { readonly timeoutMs: number } | "infinity" | "brutal";

/** Delays between restarts; a run of at least `resetAfterMs` (default `maxMs`) starts over from `initialMs`. */
export type RestartBackoff = Backoff & { readonly resetAfterMs?: number };

/** A child as data. */
export interface ChildSpec {
  readonly id: string;
  /** Runs the child: settles when it has ended. Called anew for each restart. */
  start(ctx: ChildContext): unknown;
  /** Default `permanent`. */
  readonly restart?: Restart;
  /** Its end may end the supervisor, see `autoShutdown`. Not for `permanent` children, which never end. */
  readonly significant?: boolean;
  /** Default 5,000 ms. */
  readonly stop?: StopDeadline;
  /**
   * When it counts as ready, and the next child is started: at once (default), when it says so, or when
   * this function resolves. Ending before that is a failed start.
   */
  readonly ready?: "told" | ((token: ShutdownToken) => Promise<unknown>);
  /** How long it may take to be ready. Default: no limit. */
  readonly startTimeoutMs?: number;
  /** Default: restarted at once. */
  readonly backoff?: RestartBackoff;
}

export const defaultStop: StopDeadline = { timeoutMs: 5_000 };

/** Throws `TypeError` for a spec that cannot mean anything. */
export function checkSpec(spec: ChildSpec): void {
  const { id, start, restart = "permanent", significant, stop = defaultStop, ready, startTimeoutMs } = spec;
  const refuse = (what: string): never => {
    throw new TypeError(`child ${JSON.stringify(id)}: ${what}`);
  };
  if (typeof id !== "string" || id === "") refuse("id must be a string that is not empty");
  if (typeof start !== "function") refuse("start must be a function");
  if (!["permanent", "transient", "temporary"].includes(restart)) refuse(`no restart ${String(restart)}`);
  if (significant !== undefined && typeof significant !== "boolean") refuse("significant must be a boolean");
  if (significant && restart === "permanent") refuse("a permanent child cannot be significant");
  const deadline =
    typeof stop === "object" ? stop.timeoutMs : stop === "brutal" || stop === "infinity" ? 0 : -1;
  if (!(deadline >= 0)) refuse("stop must be { timeoutMs }, infinity or brutal");
  if (ready !== undefined && ready !== "told" && typeof ready !== "function") {
    refuse('ready must be "told" or a function');
  }
  if (startTimeoutMs !== undefined && !(startTimeoutMs > 0)) refuse("startTimeoutMs must be above 0");
}

type Body = (ctx: ChildContext) => unknown;

/** A child without which the runtime makes no sense: its end ends the supervisor, its failure as `runtime-failed`. */
export function required(id: string, start: Body, more: Partial<ChildSpec> = {}): ChildSpec {
  return { id, start, restart: "temporary", significant: true, ...more };
}

/** A child that is started again whenever it ends, after `delayMs` (default: at once). */
export function restart(
  id: string,
  start: Body,
  more: Partial<ChildSpec> & { delayMs?: number } = {},
): ChildSpec {
  const { delayMs, ...rest } = more;
  const backoff = delayMs === undefined ? {} : { backoff: { initialMs: delayMs, factor: 1, maxMs: delayMs } };
  return { id, start, restart: "permanent", ...backoff, ...rest };
}

/** A child whose end is told and nothing else. */
export function bestEffort(id: string, start: Body, more: Partial<ChildSpec> = {}): ChildSpec {
  return { id, start, restart: "temporary", ...more };
}

/** True for the answers that mean something to a supervisor; any other value a child ends with is ignored. */
export function isVerdict(value: unknown): value is Verdict {
  return value === "do-not-restart" || value === "restart" || value === "end-tree";
}
