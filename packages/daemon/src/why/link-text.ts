/** What a person is told of one event in a chain of causes. Pure. */
import type { AppStatus, DaemonEvent, Operation, Origin } from "../api/contract.ts";
import { describeExit } from "../apps/exit-decision.ts";
import { durationText } from "./duration-text.ts";

/** The words of one event, and what it was of a life that goes round: an end, or a new start. */
export interface LinkText {
  readonly text: string;
  readonly turn?: "end" | "start";
}

/**
 * `before` is the event that led to it, `next` the one that it led to. Undefined where one of them says all that there
 * is to say.
 */
export function linkText(
  event: DaemonEvent,
  before: DaemonEvent | undefined,
  next: DaemonEvent | undefined,
): LinkText | undefined {
  switch (event.type) {
    case "operation":
      return event.operation === null
        ? undefined
        : { text: operationText(event.operation, event.cause.origin) };
    case "watch":
      return { text: event.cause.origin?.type === "watch" ? event.cause.origin.path : event.message };
    case "project":
    case "warning":
    case "hook":
      return { text: event.message };
    case "state":
      return event.app === null ? undefined : stateLink(event.app, event, before, next);
  }
}

const methods: ReadonlyMap<string, string> = new Map([
  ["apps.apply", "up"],
  ["apps.start", "start"],
  ["apps.stop", "stop"],
  ["apps.restart", "restart"],
  ["apps.remove", "remove"],
]);

function operationText({ kind, by }: Operation, origin: Origin | null): string {
  if (origin?.type === "request") return `${methods.get(origin.method) ?? kind} by ${origin.by}`;
  if (origin?.type === "dependency") return `${kind}, because ${origin.app} ${restText(origin.condition)}`;
  if (origin?.type === "boot") return `${kind}: ${origin.text}`;
  return by === null ? kind : `${kind} by ${by}`;
}

/** An app came to rest, and the project with it. */
function restText(how: string): string {
  return how === "skipped" ? "was not started" : `has ${how}`;
}

function stateLink(
  app: AppStatus,
  { cause: { origin }, message }: DaemonEvent,
  before: DaemonEvent | undefined,
  next: DaemonEvent | undefined,
): LinkText | undefined {
  const last = sameInstance(app, before?.app) ? before.app : undefined;
  const isAsked = before?.type === "operation";
  switch (app.state) {
    case "starting":
      if (app.waitingFor.length > 0 || isAsked) return undefined;
      if (origin?.type === "boot") return { text: origin.text };
      if (last?.state === "starting" || isRunning(next, app)) return undefined;
      return { text: next === undefined ? dueText(origin) : againText(origin), turn: "start" };
    case "running":
      return runningLink(app, origin, last, before);
    case "backoff":
    case "completed":
      return last?.state === app.state ? undefined : { text: endText(app, origin), turn: "end" };
    case "failed":
      if (origin?.type === "dependency") return { text: reasonText(app) };
      return {
        text: origin === null ? `could not start: ${reasonText(app)}` : endText(app, origin),
        turn: "end",
      };
    case "stopping":
    case "restarting":
      return isAsked || last?.state === app.state ? undefined : { text: app.state };
    case "stopped":
      if (app.next !== null)
        return last === undefined || isAsked ? undefined : { text: "waits for its time" };
      return { text: app.exit === null ? "stopped" : `stopped: it ${describeExit(app.exit)}` };
    case "installing":
    case "removing":
    case "unknown":
      return { text: message };
  }
}

function isRunning(event: DaemonEvent | undefined, app: AppStatus): boolean {
  return event?.app?.state === "running" && sameInstance(app, event.app);
}

function dueText(origin: Origin | null): string {
  return origin?.type === "timer" ? `its ${origin.timer} was over` : "was to start";
}

function againText(origin: Origin | null): string {
  return origin?.type === "timer" ? `tried again after ${origin.timer}` : "was to start";
}

function runningLink(
  app: AppStatus,
  origin: Origin | null,
  last: AppStatus | undefined,
  before: DaemonEvent | undefined,
): LinkText | undefined {
  if (last?.state === "running") return changeText(app, last, origin);
  if (origin?.type === "boot") return { text: origin.text };
  if (origin?.type === "dependency") {
    return { text: `started once ${origin.app} ${metText(origin.condition)}`, turn: "start" };
  }
  if (last?.state === "starting") return { text: startText(before?.cause.origin ?? null), turn: "start" };
  return { text: last?.state === "restarting" ? "started again" : "started", turn: "start" };
}

function changeText(app: AppStatus, last: AppStatus, origin: Origin | null): LinkText | undefined {
  const why = origin?.type === "probe" ? `: ${origin.text}` : "";
  if (app.health !== last.health)
    return { text: `became ${app.health}${app.health === "unhealthy" ? why : ""}` };
  if (app.ready !== last.ready) return { text: app.ready ? "became ready" : `is not ready any more${why}` };
  return undefined;
}

function startText(origin: Origin | null): string {
  if (origin?.type !== "timer") return "started";
  return origin.timer === "schedule" ? "started by its schedule" : `started after ${origin.timer}`;
}

/** `exited with code 1 after 0.8 s`; where it was ended for a reason, that. */
function endText(app: AppStatus, origin: Origin | null): string {
  if (origin?.type === "exit") {
    const after = origin.afterMs === null ? "" : ` after ${durationText(origin.afterMs)}`;
    return `${describeExit(origin.exit)}${after}`;
  }
  if (origin?.type === "probe") {
    return origin.probe === "notify" ? origin.text : `its ${origin.probe} probe failed: ${origin.text}`;
  }
  if (origin?.type === "timer") {
    const isLate = origin.timer === "start-timeout";
    return isLate ? "it did not say in time that it is ready" : "its watchdog was not heard in time";
  }
  if (origin?.type === "shortage") return `could not start: ${origin.text}`;
  return app.exit === null ? reasonText(app) : describeExit(app.exit);
}

/** Why it failed, without its own name before it. */
function reasonText({ name, lastError }: AppStatus): string {
  const reason = lastError ?? "failed";
  return reason.startsWith(`${name} `) ? reason.slice(name.length + 1) : reason;
}

function metText(condition: string): string {
  switch (condition) {
    case "service_healthy":
      return "was healthy";
    case "service_completed":
    case "service_completed_successfully":
      return "had completed";
    case "service_log_ready":
      return "had logged that it is ready";
    default:
      return "was started";
  }
}

function sameInstance(app: AppStatus, other: AppStatus | null | undefined): other is AppStatus {
  return other?.project === app.project && other.name === app.name && other.instance === app.instance;
}
