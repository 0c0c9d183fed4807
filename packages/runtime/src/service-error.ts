import { describeError, HoldfastError } from "./errors.ts";
import type { TaskKind } from "./tasks.ts";

/** The ordered phases of a service; `tasks` is the join between `run` and `onStop`. */
export type Phase = "preStart" | "onStart" | "run" | "tasks" | "onStop" | "postStop";

/** Something that has not ended: a hook of the lifecycle, or a task. */
export interface Pending {
  readonly phase: Phase;
  readonly name: string;
  readonly kind: TaskKind | "hook";
  readonly ageMs: number;
}

/** One line for people: `onStop: hook, 1.2 s`, `tasks: background-loop sync, 0.3 s`. */
export function describePending({ phase, name, kind, ageMs }: Pending): string {
  return `${phase}: ${kind === "hook" ? kind : `${kind} ${name}`}, ${(ageMs / 1_000).toFixed(1)} s`;
}

/**
 * `…_FAILED`: that hook threw, which is the cause. `SHUTDOWN_DEADLINE_EXCEEDED`: the stop budget was spent.
 * `ALREADY_RUNNING`, `ALREADY_STOPPED`: a service runs once. `HOOK_TIMED_OUT`, as a cause: the hook overran its
 * own limit.
 * `RELOAD_UNSUPPORTED`: there is no such hook. `NOT_RUNNING`: there is nothing to reload. `NOT_READY`: no call
 * gets through yet, or any more.
 */
export type ServiceErrorCode =
  | "PRE_START_FAILED"
  | "ON_START_FAILED"
  | "RUN_FAILED"
  | "ON_STOP_FAILED"
  | "POST_STOP_FAILED"
  | "SHUTDOWN_DEADLINE_EXCEEDED"
  | "ALREADY_RUNNING"
  | "ALREADY_STOPPED"
  | "HOOK_TIMED_OUT"
  | "RELOAD_FAILED"
  | "RELOAD_UNSUPPORTED"
  | "NOT_RUNNING"
  | "NOT_READY";

/** `deadlineMs` and `pending` are there for `SHUTDOWN_DEADLINE_EXCEEDED`, `deadlineMs` also for `HOOK_TIMED_OUT`. */
export interface ServiceErrorDetails {
  readonly service: string;
  readonly deadlineMs?: number;
  readonly pending?: readonly Pending[];
}

/** A service's failure. `errors` holds what else failed after it, in order, so that nothing is lost. */
export class ServiceError extends HoldfastError<ServiceErrorCode, ServiceErrorDetails> {
  readonly errors: readonly ServiceError[];

  constructor(
    code: ServiceErrorCode,
    message: string,
    options: { details: ServiceErrorDetails; cause?: unknown; errors?: readonly ServiceError[] },
  ) {
    super(code, message, options);
    this.errors = Object.freeze(options.errors ?? []);
  }
}

/** The one error for several that happened in this order: the first, with the others inside. */
export function combined(errors: readonly ServiceError[]): ServiceError | undefined {
  const [first, ...others] = errors;
  if (!first || others.length === 0) return first;
  const { code, message, details, cause } = first;
  return new ServiceError(code, message, { details, ...(cause !== undefined && { cause }), errors: others });
}

const codes = {
  preStart: "PRE_START_FAILED",
  onStart: "ON_START_FAILED",
  run: "RUN_FAILED",
  onStop: "ON_STOP_FAILED",
  postStop: "POST_STOP_FAILED",
  reload: "RELOAD_FAILED",
} as const;

export function hookFailed(service: string, hook: keyof typeof codes, cause: unknown): ServiceError {
  const message = `${service}: ${hook} failed: ${describeError(cause)}`;
  return new ServiceError(codes[hook], message, { details: { service }, cause });
}

export function hookTimedOut(service: string, hook: keyof typeof codes, deadlineMs: number): ServiceError {
  return new ServiceError("HOOK_TIMED_OUT", `${service}: ${hook} did not end in ${deadlineMs} ms`, {
    details: { service, deadlineMs },
  });
}

export function deadlineExceeded(
  service: string,
  deadlineMs: number,
  pending: readonly Pending[],
): ServiceError {
  const names = pending.map(({ phase, name, kind }) => (kind === "hook" ? name : `${phase}/${name}`));
  const message = `${service} did not stop in ${deadlineMs} ms; ${pending.length} left: ${names.join(", ")}`;
  return new ServiceError("SHUTDOWN_DEADLINE_EXCEEDED", message, {
    details: { service, deadlineMs, pending },
  });
}
