import type { ShutdownReason } from "./shutdown.ts";

/** What ended a service. */
export type ExitReason =
  | { readonly kind: "requested"; readonly reason: ShutdownReason }
  | { readonly kind: "run-completed" }
  | { readonly kind: "run-failed"; readonly error: unknown }
  | { readonly kind: "start-failed"; readonly error: unknown };

/**
 * How a service ended. `error` is there when something failed or overran on the way; then the code is 1. A reload ends
 * it gracefully, with 0: what the process is to exit with says `processExitCode`.
 */
export interface ExitStatus {
  readonly reason: ExitReason;
  readonly graceful: boolean;
  readonly exitCode: 0 | 1;
  readonly error?: Error;
}

/** Graceful unless the run or the start failed, or the shutdown's reason was `fatal`. */
export function isGraceful(reason: ExitReason): boolean {
  switch (reason.kind) {
    case "requested":
      return reason.reason.kind !== "fatal";
    case "run-completed":
      return true;
    case "run-failed":
    case "start-failed":
      return false;
  }
}

/** What a process exits with that is to be started again: EX_TEMPFAIL of sysexits.h. */
const reloadExitCode = 75;

/**
 * What a process exits with whose program was this service: `status.exitCode`, but 75 for a `reload-requested`
 * shutdown in which nothing failed. So every keeper starts it again, also one that restarts only after a failure
 * (systemd `Restart=on-failure`, Compose `restart: on-failure`), and it cannot be taken for a crash, which is 1.
 */
export function processExitCode({ exitCode, reason }: ExitStatus): number {
  const reloads = reason.kind === "requested" && reason.reason.kind === "reload-requested";
  return reloads && exitCode === 0 ? reloadExitCode : exitCode;
}

export function exitStatus(reason: ExitReason, error?: Error): ExitStatus {
  const graceful = isGraceful(reason);
  return Object.freeze({ reason, graceful, exitCode: graceful && !error ? 0 : 1, ...(error && { error }) });
}
