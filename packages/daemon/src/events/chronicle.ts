/** Tells what happens to apps, operations and projects: one event each, in words, with its cause. */
import type { Clock } from "@holdfast/runtime";
import { appStatus, describeState } from "../api/app-status.ts";
import type { Cause, DaemonEvent, Operation } from "../api/contract.ts";
import { sameSight } from "../apps/same-sight.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { AppStore, RecordChange } from "../store/app-store.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import { type Because, beforeUnknown } from "./because.ts";
import type { EventLog } from "./event-log.ts";

export interface ChronicleSeams {
  readonly clock: Clock;
  readonly events: EventLog;
  readonly store: () => Pick<AppStore, "keepTold">;
  /** Undefined for an app that no project has any more. */
  readonly specOf: (key: InstanceKey) => AppSpec | undefined;
}

/** Writes what happens into the event log. */
export class Chronicle {
  readonly #seams: ChronicleSeams;

  constructor(seams: ChronicleSeams) {
    this.#seams = seams;
  }

  /** A record changed; what nobody can see of it is not told. The record remembers by which event it was. */
  changed({ before, after, because }: RecordChange): void {
    const { clock, specOf, store } = this.#seams;
    const spec = specOf(after);
    if (spec === undefined || sameSight(before, after)) return;
    const title = spec.replicas > 1 ? `${after.name}.${after.instance}` : after.name;
    const cause = causeOf(because, after.told?.last);
    const last = this.#publish({
      type: "state",
      project: after.project,
      name: after.name,
      message: describeState(after, title, clock.now()),
      app: appStatus(after, spec),
      cause,
    });
    const begun = because.begins === true ? cause.after : undefined;
    store().keepTold(after, { last, root: begun ?? after.told?.root ?? cause.after ?? last });
  }

  /** Returns the number of the event. */
  operation(operation: Operation, because: Because): number {
    const { kind, project, name, state, error, by } = operation;
    const message =
      state === "failed"
        ? `${kind.toUpperCase()} FAIL: ${name}: ${error ?? "nobody knows why"}`
        : `${kind} of ${name} ${state === "running" ? "began" : state}`;
    return this.#publish({
      type: "operation",
      project,
      name,
      message,
      operation,
      by,
      cause: causeOf(because, undefined),
    });
  }

  applied(project: string, by: string | undefined, because: Because): void {
    this.#publish({
      type: "project",
      project,
      name: null,
      message: `${project} was applied`,
      by: by ?? null,
      cause: causeOf(because, undefined),
    });
  }

  /** An app is gone for good: its row is no longer there. */
  removed(project: string, name: string, because: Because): void {
    const cause = causeOf(because, undefined);
    this.#publish({ type: "project", project, name, message: `${name} was removed`, cause });
  }

  /** What became of something that an earlier daemon left. */
  restored(project: string, name: string | null, message: string): void {
    const cause: Cause = { origin: { type: "boot", text: message }, after: null };
    this.#publish({ type: "project", project, name, message, cause });
  }

  /** How it goes with those who are told of other events. */
  hook(project: string, name: string | null, message: string, because: Because): void {
    this.#publish({ type: "hook", project, name, message, cause: causeOf(because, undefined) });
  }

  /** Returns the number of the event. */
  tell(
    type: "watch" | "warning",
    { project, name }: Pick<InstanceKey, "project" | "name">,
    message: string,
    because: Because,
  ): number {
    return this.#publish({ type, project, name, message, cause: causeOf(because, undefined) });
  }

  #publish(
    event: Pick<DaemonEvent, "type" | "project" | "name" | "message" | "cause"> &
      Partial<Pick<DaemonEvent, "app" | "operation" | "by">>,
  ): number {
    return this.#seams.events.publish({ app: null, operation: null, by: null, ...event });
  }
}

/** `last` is the event that it follows where nobody says otherwise. */
function causeOf({ origin, after }: Because, last: number | undefined): Cause {
  const led = after ?? last ?? null;
  if (origin === undefined && led === null) {
    return { origin: { type: "boot", text: beforeUnknown }, after: null };
  }
  return { origin: origin ?? null, after: led };
}
