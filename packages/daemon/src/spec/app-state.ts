/**
 * The state of one instance of an app: one union, in the store and on the wire.
 *
 *     stopped{exit?} → starting → running{health, ready} → stopping → stopped
 *     running → backoff{until, attempt, lastExit} → starting      it crashed and will be started again
 *     starting → backoff                                          the machine has no room for it now
 *     running → completed{exit}                                   it ended, and its policy lets it rest
 *     starting|backoff → failed{reason, exit?}                    intensity spent, or it could not start
 *     running → restarting → running
 *     stopped|failed|… → installing{stage, progress} → stopped    any → removing{stage} → gone
 *     unknown{why}                                                the runner cannot be reached
 *
 * `starting stopping restarting installing removing` are transitional: only the operation that set one leaves it.
 */
export type AppState =
  | { readonly kind: "stopped"; readonly exit?: Exit }
  /** `waitingFor` names what is not there yet; empty once the program is being launched. */
  | { readonly kind: "starting"; readonly waitingFor: readonly WaitingFor[] }
  | { readonly kind: "running"; readonly health: Health; readonly ready: boolean }
  | { readonly kind: "stopping" }
  | { readonly kind: "restarting" }
  /** `until` is wall-clock milliseconds since 1970; `attempt` counts restarts from 1. */
  | { readonly kind: "backoff"; readonly until: number; readonly attempt: number; readonly lastExit: Exit }
  | { readonly kind: "completed"; readonly exit: Exit }
  | { readonly kind: "failed"; readonly reason: string; readonly exit?: Exit }
  | { readonly kind: "installing"; readonly stage: string; readonly progress?: number }
  | { readonly kind: "removing"; readonly stage: string }
  | { readonly kind: "unknown"; readonly why: string };

/** `none` where the app has no health check, `starting` until its first verdict. */
export type Health = "none" | "starting" | "healthy" | "unhealthy";

/** How a process ended: exactly one of the two is not null, or neither when nobody saw it end. */
export interface Exit {
  readonly code: number | null;
  /** A name such as `SIGTERM`. */
  readonly signal: string | null;
  /** The kernel had killed a process of it because its memory limit was reached. */
  readonly oom?: true;
}

export interface WaitingFor {
  readonly app: string;
  readonly condition: string;
}
