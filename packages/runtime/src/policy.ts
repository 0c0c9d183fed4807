import type { ShutdownReason } from "./shutdown.ts";

/** Which siblings a child's restart takes along: none, all, or those that were started after it. */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one";

/** Restarted always, only after a failure, or never. */
export type Restart = "permanent" | "transient" | "temporary";

/** Whether the end of significant children ends their supervisor. */
export type AutoShutdown = "never" | "any-significant" | "all-significant";

/** What a child may answer when it ends: leave it at that, start it again, or end the whole supervisor. */
export type Verdict = "do-not-restart" | "restart" | "end-tree";

/**
 * How a child ended: by itself, because its token was cancelled, with an error, or not at all within its
 * stop deadline (`killed`: it was left behind).
 */
export type ChildExit =
  | { readonly kind: "completed"; readonly verdict?: Verdict }
  | { readonly kind: "stopped"; readonly reason: ShutdownReason; readonly verdict?: Verdict }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "killed"; readonly reason: ShutdownReason };

/** What becomes of a child that ended: it is started again, left, or the end of its supervisor. */
export type Decision = "restart" | "leave" | "end-tree";

/** What becomes of a child that ended though nobody asked it to. */
export function decide(restart: Restart, exit: ChildExit): Decision {
  const failed = exit.kind === "failed" || exit.kind === "killed";
  // A temporary child is never restarted, not even if it asks.
  if (!failed && exit.verdict === "restart") return restart === "temporary" ? "leave" : "restart";
  if (!failed && exit.verdict) return exit.verdict === "end-tree" ? "end-tree" : "leave";
  switch (restart) {
    case "permanent":
      return "restart";
    case "transient":
      return failed ? "restart" : "leave";
    case "temporary":
      return "leave";
  }
}

/** At most `intensity` restarts within any `periodMs`; one more ends the supervisor. */
export interface Intensity {
  readonly intensity: number;
  readonly periodMs: number;
}

/** The restarts that still count at `nowMs`, this one included, or `undefined` if it is one too many. */
export function admitRestart(
  limit: Intensity,
  restarts: readonly number[],
  nowMs: number,
): readonly number[] | undefined {
  const recent = [...restarts.filter((at) => at >= nowMs - limit.periodMs), nowMs];
  return recent.length > limit.intensity ? undefined : recent;
}

/** The children, out of all in start order, that are stopped and started anew when `ended` is restarted. */
export function takenAlong<T>(strategy: Strategy, children: readonly T[], ended: T): readonly T[] {
  switch (strategy) {
    case "one-for-one":
      return [ended];
    case "one-for-all":
      return children;
    case "rest-for-one":
      return children.slice(children.indexOf(ended));
  }
}

/** Whether the supervisor ends because this child did; `othersLeft`: another significant one has not. */
export function endsSupervisor(mode: AutoShutdown, significant: boolean, othersLeft: () => boolean): boolean {
  switch (mode) {
    case "never":
      return false;
    case "any-significant":
      return significant;
    case "all-significant":
      return significant && !othersLeft();
  }
}
