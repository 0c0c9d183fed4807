import { describeError, HoldfastError } from "./errors.ts";

/** Why a supervisor, or something that was asked of it, failed. */
export type SupervisorErrorCode =
  /** A child failed, ended or ran out of time before it was ready. */
  | "CHILD_START_FAILED"
  /** More restarts than the intensity allows. */
  | "INTENSITY_EXCEEDED"
  /** A significant child that is not restarted failed. */
  | "REQUIRED_CHILD_FAILED"
  | "CHILD_NOT_FOUND"
  /** Asked to restart or delete a child that runs, or is waiting for its restart. */
  | "CHILD_RUNNING"
  | "CHILD_RESTARTING"
  /** A child of that id is there already, running or not. */
  | "CHILD_EXISTS"
  /** The supervisor is not started yet, is stopping, or has ended. */
  | "NOT_RUNNING"
  | "ALREADY_STARTED";

/**
 * What `start`, `run` and the changes of children reject with; `details.id` is the child, and `cause` what it
 * failed with.
 */
export class SupervisorError extends HoldfastError<SupervisorErrorCode, { readonly id: string }> {}

export function childError(
  code: SupervisorErrorCode,
  id: string,
  what: string,
  ...causes: readonly unknown[]
): SupervisorError {
  const why = causes.map((cause) => `: ${describeError(cause)}`).join("");
  const cause = causes.length > 0 ? { cause: causes[0] } : {};
  return new SupervisorError(code, `${id} ${what}${why}`, { details: { id }, ...cause });
}
