import { describeExit } from "../apps/exit-decision.ts";
import { exitOf } from "../apps/next-state.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { WaitingFor } from "../spec/app-state.ts";
import type { InstanceRecord } from "../store/instance-record.ts";
import type { AppStatus } from "./contract.ts";

/** A record as a row of `ps`. */
export function appStatus(
  record: InstanceRecord,
  spec: Pick<AppSpec, "labels" | "runner" | "group" | "limits" | "ports" | "stop">,
): AppStatus {
  const { state, operation } = record;
  return {
    project: record.project,
    name: record.name,
    state: state.kind,
    ...("stage" in state && { stage: state.stage }),
    health: state.kind === "running" ? state.health : "none",
    ready: state.kind === "running" && state.ready,
    runner: spec.runner.kind,
    pid: record.pid,
    instance: record.instance,
    restarts: record.restarts,
    since: new Date(record.since).toISOString(),
    exit: exitOf(state),
    lastError: record.lastError,
    ports: portsOf(record, spec.ports),
    status: record.status ?? null,
    limits: limitStatus(record, spec.limits),
    operation:
      operation === null
        ? null
        : { id: operation.id, kind: operation.kind, since: new Date(operation.since).toISOString() },
    labels: spec.labels,
    group: spec.group ?? null,
    waitingFor: state.kind === "starting" ? state.waitingFor : [],
    next: record.next === null ? null : new Date(record.next).toISOString(),
    budgetMs: budgetOf(record, spec.stop),
  };
}

function budgetOf({ state, budgetMs }: InstanceRecord, stop: AppSpec["stop"]): number | null {
  return state.kind === "stopping" || state.kind === "restarting" ? (budgetMs ?? stop.graceMs) : null;
}

function portsOf(record: InstanceRecord, ports: AppSpec["ports"]): readonly number[] {
  return ports.flatMap(({ port }, index) => (port === 0 ? (record.ports?.[index] ?? []) : [port]));
}

function limitStatus(record: InstanceRecord, limits: AppSpec["limits"]): AppStatus["limits"] {
  if (limits === undefined) return null;
  const { enforce: _, ...asked } = limits;
  return { ...asked, notEnforced: record.notEnforced ?? [] };
}

/** A sentence about an instance's present state: `web is running`, `web exited with code 1; restart 2 in 0.4 s`. */
export function describeState(record: InstanceRecord, title: string, now: number): string {
  const { state, next } = record;
  if (next === null || state.kind === "backoff") return describeKind(record, title, now);
  const due = `due in ${seconds(next - now)}`;
  return state.kind === "stopped"
    ? `${title} is ${due}`
    : `${describeKind(record, title, now)}, ${due} again`;
}

function describeKind(record: InstanceRecord, title: string, now: number): string {
  const { state } = record;
  switch (state.kind) {
    case "stopped":
      return state.exit === undefined
        ? `${title} is stopped`
        : `${title} is stopped; it ${describeExit(state.exit)}`;
    case "starting":
      return state.waitingFor.length === 0
        ? `${title} is starting`
        : `${title} waits for ${state.waitingFor.map(describeWait).join(", ")}`;
    case "running":
      return `${title} is running${describeHealth(state.health, state.ready)}`;
    case "stopping":
      return `${title} is stopping`;
    case "restarting":
      return `${title} is restarting`;
    case "backoff": {
      const when = state.until - now < 5 ? "now" : `in ${seconds(state.until - now)}`;
      return `${title} ${describeExit(state.lastExit)}; restart ${record.restarts} ${when}`;
    }
    case "completed":
      return state.exit.code === 0
        ? `${title} has completed`
        : `${title} has completed; it ${describeExit(state.exit)}`;
    case "failed":
      return `${title} failed: ${state.reason}`;
    case "installing":
      return `${title} is being installed: ${state.stage}`;
    case "removing":
      return `${title} is being removed: ${state.stage}`;
    case "unknown":
      return `${title} is in an unknown state: ${state.why}`;
  }
}

function describeHealth(health: string, ready: boolean): string {
  if (health === "none") return ready ? "" : ", not ready yet";
  if (health === "starting") return ", not healthy yet";
  return ready || health === "unhealthy" ? ` and ${health}` : ` and ${health}, not ready yet`;
}

/** `db to be healthy`. */
export function describeWait({ app, condition }: WaitingFor): string {
  switch (condition) {
    case "service_healthy":
      return `${app} to be healthy`;
    case "service_completed":
    case "service_completed_successfully":
      return `${app} to complete`;
    case "service_log_ready":
      return `${app} to log that it is ready`;
    default:
      return `${app} to start`;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
