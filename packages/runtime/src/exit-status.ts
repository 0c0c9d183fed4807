import type { ShutdownReason } from "./shutdown.ts";

/** What ended a service. */
export type ExitReason =
  | { readonly kind: "requested"; readonly reason: ShutdownReason }
  | { readonly kind: "run-completed" }
  | { readonly kind: "run-failed"; readonly error: unknown }
  | { readonly kind: "start-failed"; readonly error: unknown };

/** How a service ended. `error` is there when something failed or overran on the way; then the code is 1. */
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

export function exitStatus(reason: ExitReason, error?: Error): ExitStatus {
  const graceful = isGraceful(reason);
  return Object.freeze({ reason, graceful, exitCode: graceful && !error ? 0 : 1, ...(error && { error }) });
}
