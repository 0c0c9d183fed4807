/**
 * What becomes of an instance whose process has ended without being asked to. Pure: the policy, the exit and the
 * history go in, the decision comes out.
 */
import { backoffDelay, type Random } from "@holdfast/runtime";
import type { Origin } from "../api/contract.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { Exit } from "../spec/app-state.ts";

/** Restarts so far. Times are monotonic milliseconds. */
export interface RestartHistory {
  /** Restarts in a row since the last start that was asked for, or the last run that lived long enough. */
  readonly inARow: number;
  /** When each restart within the policy's window was decided. */
  readonly times: readonly number[];
}

export const noRestarts: RestartHistory = { inARow: 0, times: [] };

export type ExitDecision =
  | { readonly kind: "restart"; readonly delayMs: number; readonly history: RestartHistory }
  | { readonly kind: "rest" }
  | { readonly kind: "give-up"; readonly reason: string };

export interface EndedRun {
  readonly exit: Exit;
  readonly livedMs: number;
  /** Monotonic time of the exit. */
  readonly at: number;
  /** Set when it was ended for a failure, whatever its exit says: `its liveness probe failed`. */
  readonly failed?: string;
  /** What made it end, if it did not end by itself. */
  readonly origin?: Origin;
  /** It could not be launched: nothing has ended. */
  readonly neverBegan?: true;
}

type Policy = Pick<AppSpec, "restart" | "successExitCodes">;

/** Decides between starting again, resting as completed, and giving up as failed. */
export function decideAfterExit(
  spec: Policy,
  run: EndedRun,
  history: RestartHistory,
  random: Random,
): ExitDecision {
  const { restart } = spec;
  const succeeded = run.failed === undefined && isSuccess(spec, run.exit);
  const how = run.failed ?? describeExit(run.exit);
  if (restart.when === "never" || (restart.when === "on-failure" && succeeded)) {
    return succeeded ? { kind: "rest" } : { kind: "give-up", reason: how };
  }

  const { resetAfterMs, promptAfterMs = Number.POSITIVE_INFINITY } = restart.backoff;
  const recovered = resetAfterMs !== undefined && run.livedMs >= resetAfterMs;
  const inARow = recovered ? 0 : history.inARow;
  const windowMs = restart.windowMs;
  const countsTimes = windowMs !== undefined && restart.maxRestarts !== undefined;
  const times = windowMs === undefined ? [] : history.times.filter((time) => run.at - time < windowMs);
  const used = windowMs === undefined ? inARow : times.length;
  if (restart.maxRestarts !== undefined && used >= restart.maxRestarts) {
    // What ended well as often as it was allowed to has done its work.
    if (succeeded) return { kind: "rest" };
    return { kind: "give-up", reason: `${how}; ${spent(restart.maxRestarts, windowMs)}` };
  }

  // Counted before the delay: an app that dies in backoff must still use up its intensity.
  return {
    kind: "restart",
    delayMs: run.livedMs >= promptAfterMs ? 0 : backoffDelay(restart.backoff, inARow + 1, random),
    history: { inARow: inARow + 1, times: countsTimes ? [...times, run.at] : [] },
  };
}

/** True for exit code 0 and the codes that the spec counts as success. */
export function isSuccess(spec: Pick<AppSpec, "successExitCodes">, exit: Exit): boolean {
  return exit.code !== null && (exit.code === 0 || spec.successExitCodes.includes(exit.code));
}

/** `exited with code 1`, `was killed by SIGKILL`. */
export function describeExit(exit: Exit): string {
  const why = exit.oom === true ? " (oom: its memory limit was reached)" : "";
  if (exit.code !== null) return `exited with code ${exit.code}${why}`;
  if (exit.signal !== null) return `was killed by ${exit.signal}${why}`;
  return "ended while nobody watched, so its exit status is not known";
}

function spent(max: number, windowMs: number | undefined): string {
  const restarts = max === 1 ? "1 restart" : `${max} restarts`;
  return windowMs === undefined ? `${restarts} used up` : `${restarts} within ${windowMs / 1000} s used up`;
}
