import type { AppDescription, PastExit, ProbeReport } from "../api/contract.ts";
import type { AppSpec, RestartPolicy, Schedule } from "../spec/app-spec.ts";
import { commandText } from "../spec/command-text.ts";
import { maskedEnvironment } from "./masked-environment.ts";

/** What is known of an app beside its spec. */
export interface AppSight {
  /** What its first instance is given. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is in its secret files. */
  readonly secrets: readonly string[];
  readonly probes: readonly ProbeReport[];
  /** The newest first. */
  readonly exits: readonly PastExit[];
}

/** An app as a person would describe it. Pure. */
export function describeApp(
  spec: AppSpec,
  { environment, secrets, probes, exits }: AppSight,
): AppDescription {
  return {
    project: spec.project,
    name: spec.name,
    command: commandText(spec.command),
    workingDirectory: spec.workingDir,
    user: spec.user ?? null,
    environment: maskedEnvironment(environment, secrets),
    dependsOn: Object.entries(spec.dependsOn).map(([app, { condition }]) => ({ app, condition })),
    replicas: spec.replicas,
    restart: restartText(spec.restart),
    stopSignal: spec.stop.signal,
    stopGraceMs: spec.stop.graceMs,
    schedule: spec.schedule === undefined ? null : scheduleText(spec.schedule),
    probes,
    exits,
  };
}

/** `on-failure, at most 10 in 60 s`. */
export function restartText({ when, maxRestarts, windowMs }: RestartPolicy): string {
  if (when === "never" || maxRestarts === undefined) return when;
  return `${when}, at most ${maxRestarts}${windowMs === undefined ? "" : ` in ${seconds(windowMs)}`}`;
}

function scheduleText({ cron, everyMs, timeZone }: Schedule): string {
  if (everyMs !== undefined) return `every ${seconds(everyMs)}`;
  return timeZone === undefined ? `${cron}` : `${cron} (${timeZone})`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(3))} s`;
}
