import type { AppState, Exit, Health, WaitingFor } from "../spec/app-state.ts";

/** What can happen to an instance. */
export type AppEvent =
  | { readonly type: "start-asked" }
  | { readonly type: "waiting"; readonly waitingFor: readonly WaitingFor[] }
  | { readonly type: "launched"; readonly health: Health; readonly ready: boolean }
  | { readonly type: "start-failed"; readonly reason: string }
  | { readonly type: "checked"; readonly health: Health; readonly ready: boolean }
  /** Nobody knows what became of its run: it is gone, and started anew. */
  | { readonly type: "run-lost" }
  | { readonly type: "crashed"; readonly exit: Exit; readonly until: number; readonly attempt: number }
  | { readonly type: "completed"; readonly exit: Exit }
  | { readonly type: "gave-up"; readonly reason: string; readonly exit: Exit }
  | { readonly type: "stop-asked" }
  /** It could not be stopped, and runs on. */
  | { readonly type: "still-runs"; readonly health: Health; readonly ready: boolean }
  | { readonly type: "removal"; readonly stage: string }
  /** What was begun of a removal came to nothing, or nobody goes on with it: it is stopped, and stays. */
  | { readonly type: "removal-failed" }
  | { readonly type: "restart-asked" }
  | { readonly type: "stopped"; readonly exit?: Exit };

/**
 * The one function that changes an instance's state; its diagram stands over `AppState`. An event that does not
 * apply to a state (a probe's verdict that arrives after the stop) leaves it as it is.
 */
export function nextState(state: AppState, event: AppEvent): AppState {
  switch (event.type) {
    case "start-asked":
      return (isUp(state) && state.kind !== "backoff") || state.kind === "removing"
        ? state
        : { kind: "starting", waitingFor: [] };
    case "waiting":
      return state.kind === "starting" ? { kind: "starting", waitingFor: event.waitingFor } : state;
    case "launched":
      return state.kind === "starting" || state.kind === "restarting"
        ? { kind: "running", health: event.health, ready: event.ready }
        : state;
    case "start-failed":
      return state.kind === "starting" || state.kind === "restarting"
        ? { kind: "failed", reason: event.reason }
        : state;
    case "checked":
      return state.kind === "running" ? { kind: "running", health: event.health, ready: event.ready } : state;
    case "run-lost":
      return state.kind === "running" ? { kind: "starting", waitingFor: [] } : state;
    case "crashed":
      return isBegun(state)
        ? { kind: "backoff", until: event.until, attempt: event.attempt, lastExit: event.exit }
        : state;
    case "completed":
      return state.kind === "running" ? { kind: "completed", exit: event.exit } : state;
    case "gave-up":
      return isBegun(state) ? { kind: "failed", reason: event.reason, exit: event.exit } : state;
    case "stop-asked":
      return isUp(state) || state.kind === "unknown" ? { kind: "stopping" } : state;
    case "still-runs":
      return state.kind === "stopping" || state.kind === "restarting" || state.kind === "removing"
        ? { kind: "running", health: event.health, ready: event.ready }
        : state;
    case "removal":
      return { kind: "removing", stage: event.stage };
    case "removal-failed":
      return state.kind === "removing" ? { kind: "stopping" } : state;
    case "restart-asked":
      return state.kind === "removing" ? state : { kind: "restarting" };
    case "stopped":
      return state.kind === "stopping"
        ? { kind: "stopped", ...(event.exit === undefined ? {} : { exit: event.exit }) }
        : state;
  }
}

/** It runs, or was about to: a machine that has no room for it fails it before it does. */
export function isBegun(state: AppState): boolean {
  return state.kind === "running" || state.kind === "starting" || state.kind === "restarting";
}

/** True while something of the instance runs, or will run without being asked again. */
export function isUp(state: AppState): boolean {
  switch (state.kind) {
    case "starting":
    case "running":
    case "restarting":
    case "backoff":
    case "stopping":
      return true;
    case "stopped":
    case "completed":
    case "failed":
    case "installing":
    case "removing":
    case "unknown":
      return false;
  }
}

/** The exit that a state remembers. */
export function exitOf(state: AppState): Exit | null {
  switch (state.kind) {
    case "stopped":
    case "failed":
      return state.exit ?? null;
    case "completed":
      return state.exit;
    case "backoff":
      return state.lastExit;
    case "starting":
    case "running":
    case "stopping":
    case "restarting":
    case "installing":
    case "removing":
    case "unknown":
      return null;
  }
}
