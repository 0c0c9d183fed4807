import { type AppStatus, stateNames } from "../api/contract.ts";
import type { RunningUsage } from "../stats/usage-log.ts";
import type { InstanceKey } from "../store/instance-record.ts";

export interface ProcessFigures {
  readonly version: string;
  readonly startedAt: number;
  readonly residentBytes: number;
  readonly events: number;
}

export const metricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** The OpenMetrics text (https://github.com/prometheus/OpenMetrics) about the apps and the daemon. */
export function metricsText(
  apps: readonly AppStatus[],
  usages: readonly RunningUsage[],
  daemon: ProcessFigures,
): string {
  // What is not known of an instance is left out.
  const used = (name: string, value: (usage: RunningUsage) => number | null): string[] =>
    usages.flatMap((usage) => {
      const known = value(usage);
      return known === null ? [] : [`${name}{${labels(usage.key)}} ${known}`];
    });
  const each = (name: string, value: (app: AppStatus) => number): string[] =>
    apps.map((app) => `${name}{${labels(app)}} ${value(app)}`);
  return [
    "# TYPE holdfast_app_state stateset",
    "# HELP holdfast_app_state The state an instance is in.",
    ...apps.flatMap((app) =>
      stateNames.map(
        (state) =>
          `holdfast_app_state{${labels(app)},holdfast_app_state="${state}"} ${app.state === state ? 1 : 0}`,
      ),
    ),
    "# TYPE holdfast_app_ready gauge",
    "# HELP holdfast_app_ready 1 while an instance is ready.",
    ...each("holdfast_app_ready", ({ ready }) => (ready ? 1 : 0)),
    "# TYPE holdfast_app_restarts gauge",
    "# HELP holdfast_app_restarts Restarts since it was last asked to start.",
    ...each("holdfast_app_restarts", ({ restarts }) => restarts),
    "# TYPE holdfast_app_state_since_seconds gauge",
    "# UNIT holdfast_app_state_since_seconds seconds",
    "# HELP holdfast_app_state_since_seconds When the present state began, in seconds since 1970.",
    ...each("holdfast_app_state_since_seconds", ({ since }) => Date.parse(since) / 1000),
    "# TYPE holdfast_app_cpu_seconds counter",
    "# UNIT holdfast_app_cpu_seconds seconds",
    "# HELP holdfast_app_cpu_seconds Processor time of the present run, with all its processes.",
    ...used("holdfast_app_cpu_seconds_total", ({ cpuMs }) => (cpuMs === null ? null : cpuMs / 1_000)),
    "# TYPE holdfast_app_memory_bytes gauge",
    "# UNIT holdfast_app_memory_bytes bytes",
    "# HELP holdfast_app_memory_bytes Memory of an instance, without the files that are cached for it.",
    ...used("holdfast_app_memory_bytes", ({ memoryBytes }) => memoryBytes),
    "# TYPE holdfast_app_processes gauge",
    "# HELP holdfast_app_processes Processes of an instance.",
    ...used("holdfast_app_processes", ({ processes }) => processes),
    "# TYPE holdfast_daemon info",
    "# HELP holdfast_daemon The daemon itself.",
    `holdfast_daemon_info{version="${quoted(daemon.version)}"} 1`,
    "# TYPE holdfast_daemon_start_time_seconds gauge",
    "# UNIT holdfast_daemon_start_time_seconds seconds",
    "# HELP holdfast_daemon_start_time_seconds When the daemon began, in seconds since 1970.",
    `holdfast_daemon_start_time_seconds ${daemon.startedAt / 1000}`,
    "# TYPE holdfast_daemon_resident_memory_bytes gauge",
    "# UNIT holdfast_daemon_resident_memory_bytes bytes",
    "# HELP holdfast_daemon_resident_memory_bytes Memory of the daemon's own process.",
    `holdfast_daemon_resident_memory_bytes ${daemon.residentBytes}`,
    "# TYPE holdfast_daemon_events counter",
    "# HELP holdfast_daemon_events Events told since the daemon began.",
    `holdfast_daemon_events_total ${daemon.events}`,
    "# EOF",
    "",
  ].join("\n");
}

function labels({ project, name, instance }: InstanceKey): string {
  return `project="${quoted(project)}",app="${quoted(name)}",instance="${instance}"`;
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
