/** Tells what happens to apps, operations and projects: one event each, in words, with its cause. */
import type { Clock } from "@holdfast/runtime";
import { appStatus, describeState } from "../api/app-status.ts";
import type { Cause, DaemonEvent, Operation } from "../api/contract.ts";
import { sameSight } from "../apps/same-sight.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { RecordChange } from "../store/app-store.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { EventLog } from "./event-log.ts";

export interface ChronicleSeams {
  readonly clock: Clock;
  readonly events: EventLog;
  /** Undefined for an app that no project has any more. */
  readonly specOf: (key: InstanceKey) => AppSpec | undefined;
}

const unknown: Cause = { origin: null, after: null };

/** Writes what happens into the event log. */
export class Chronicle {
  readonly #seams: ChronicleSeams;

  constructor(seams: ChronicleSeams) {
    this.#seams = seams;
  }

  /** A record changed; what nobody can see of it is not told. */
  changed({ before, after }: RecordChange): void {
    const { clock, specOf } = this.#seams;
    const spec = specOf(after);
    if (spec === undefined || sameSight(before, after)) return;
    const title = spec.replicas > 1 ? `${after.name}.${after.instance}` : after.name;
    this.#publish({
      type: "state",
      project: after.project,
      name: after.name,
      message: describeState(after, title, clock.now()),
      app: appStatus(after, spec),
    });
  }

  operation(operation: Operation): void {
    const { kind, project, name, state, error, by } = operation;
    const message =
      state === "failed"
        ? `${kind.toUpperCase()} FAIL: ${name}: ${error ?? "nobody knows why"}`
        : `${kind} of ${name} ${state === "running" ? "began" : state}`;
    this.#publish({ type: "operation", project, name, message, operation, by });
  }

  applied(project: string, by: string | undefined): void {
    this.#publish({
      type: "project",
      project,
      name: null,
      message: `${project} was applied`,
      by: by ?? null,
    });
  }

  /** An app is gone for good: its row is no longer there. */
  removed(project: string, name: string): void {
    this.#publish({ type: "project", project, name, message: `${name} was removed` });
  }

  /** What became of something that an earlier daemon left. */
  restored(project: string, name: string | null, message: string): void {
    this.#publish({ type: "project", project, name, message });
  }

  tell(
    type: "watch" | "warning",
    { project, name }: Pick<InstanceKey, "project" | "name">,
    message: string,
  ): void {
    this.#publish({ type, project, name, message });
  }

  #publish(
    event: Pick<DaemonEvent, "type" | "project" | "name" | "message"> &
      Partial<Pick<DaemonEvent, "app" | "operation" | "by" | "cause">>,
  ): void {
    this.#seams.events.publish({ app: null, operation: null, by: null, cause: unknown, ...event });
  }
}
