/** One replica of a process, its templates filled in, as an app that does not know its dependencies yet. */
import { isAbsolute, join, normalize } from "node:path";
import type { AppSpec, Command } from "../../spec/app-spec.ts";
import type { LocatedEntry, LocatedMap } from "../located.ts";
import { MapReader } from "../reader.ts";
import { type DependencyWish, readDependencies } from "./dependency-wishes.ts";
import { withEnvCommands } from "./env-commands.ts";
import { findPath } from "./find-path.ts";
import { isOn } from "./is-on.ts";
import { readCommand } from "./process-command.ts";
import { readAvailability, readShutdown } from "./process-end.ts";
import { readEnvironment } from "./process-environment.ts";
import { readProbe } from "./process-probe.ts";
import { readSchedule } from "./process-schedule.ts";
import type { ProjectSettings } from "./project-settings.ts";
import type { Replica } from "./replicas.ts";

export interface ProcessDraft {
  readonly replica: Replica;
  readonly app: AppSpec;
  readonly wishes: readonly DependencyWish[];
}

/** Why these are refused where they are asked for. */
const unsupported: Readonly<Record<string, string>> = {
  mcp: "",
  watch: "",
  is_interactive: "programs have no terminal here",
  is_elevated: "programs run as the user who runs the daemon",
};

/** Adds the codes of `MapReader`, `missing-command`, `missing-env-file`, `invalid-value`, `incompatible-keys`. */
export function readProcess(
  entry: LocatedEntry,
  map: LocatedMap,
  replica: Replica,
  settings: ProjectSettings,
): ProcessDraft {
  const { context } = settings;
  const reader = new MapReader(map, `processes.${entry.key}`, context.problems);
  const resolve = (path: string): string => findPath(context, settings.directory, path);
  const workingDirText = reader.text("working_dir");
  const workingDir = workingDirText === undefined ? settings.directory : resolve(workingDirText);
  const environment = readEnvironment(
    reader,
    replica,
    workingDirText === undefined ? undefined : workingDir,
    settings,
  );
  const inShell = (script: string): Command => wrap({ kind: "shell", script, shell: settings.shell });
  const command = readCommand(reader, { context, inShell, wrap });
  const availability = readAvailability(reader);
  const around = { commandOf: inShell, resolveDirectory: resolve };
  const readiness = readProbe(reader, "readiness_probe", around);
  const liveness = readProbe(reader, "liveness_probe", around);
  const readyLogLine = reader.text("ready_log_line");
  if (readyLogLine !== undefined && reader.has("readiness_probe")) {
    reader.wrong("incompatible-keys", "ready_log_line", "is not possible together with a readiness_probe");
  }
  const schedule = readSchedule(reader, (key, message) => {
    context.warnings.add(
      "ignored-key",
      `${reader.path}.schedule.${key}: ${message}`,
      reader.locationOf("schedule"),
    );
  });
  if (schedule !== undefined && replica.count > 1) {
    const message = "a process with a schedule has one replica";
    const list = settings.isStrict ? context.problems : context.warnings;
    list.add("incompatible-keys", `${reader.path}: ${message}`, reader.locationOf("schedule"));
  }
  const description = reader.text("description");
  const logFile = readLogFile(reader, replica, settings);
  const app: AppSpec = {
    project: settings.name,
    name: replica.appName,
    ...(replica.count > 1 ? { group: entry.key } : {}),
    ...(description === undefined || description === "" ? {} : { description }),
    source: entry.keyLocation,
    runner: { kind: "process" },
    command,
    workingDir: normalize(workingDir),
    environment: environment.variables,
    replicas: 1,
    replicaVariables: [],
    dependsOn: {},
    ...(readiness === undefined ? {} : { readiness, unreadyKills: true as const }),
    ...(liveness === undefined ? {} : { liveness }),
    ...(readyLogLine === undefined || readyLogLine === "" ? {} : { readyLogLine }),
    restart: availability.restart,
    successExitCodes: readExitCodes(reader),
    stop: readShutdown(reader, inShell),
    ports: [],
    ...(schedule === undefined ? {} : { schedule }),
    namespaces: readNamespaces(reader),
    labels: {},
    disabled: readDisabled(reader, replica, settings),
    forks: reader.boolean("is_daemon") ?? false,
    endsProject: availability.endsProject,
    ...(availability.skippedEndsProject ? { skippedEndsProject: true as const } : {}),
    ...(logFile === undefined ? {} : { logFile }),
  };
  const wishes = readDependencies(reader, context.problems);
  finish(reader, settings);
  return { replica, app, wishes };

  function wrap(wrapped: Command): Command {
    const wanted = [...settings.envCommands].filter(([name]) => !environment.ownNames.has(name));
    return withEnvCommands(wrapped, new Map(wanted), settings.envShell);
  }
}

/** A replica's number stands for `{PC_REPLICA_NUM}`, or after the name when there are several. */
function readLogFile(reader: MapReader, replica: Replica, settings: ProjectSettings): string | undefined {
  const own = reader.text("log_location");
  const text = own === undefined || own === "" ? settings.logLocation : own;
  if (text === undefined || text === "") return undefined;
  const numbered = text.replaceAll("{PC_REPLICA_NUM}", String(replica.number));
  const isShared = text === settings.logLocation || numbered !== text || replica.count <= 1;
  const path = isShared ? numbered : `${text}.${replica.number}`;
  return isAbsolute(path) ? path : join(settings.directory, path);
}

function readExitCodes(reader: MapReader): readonly number[] {
  const codes = (reader.textList("success_exit_codes") ?? []).map((text) => {
    const code = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (code <= 255) return code;
    reader.wrong(
      "invalid-value",
      "success_exit_codes",
      `an exit code is from 0 to 255, found ${JSON.stringify(text)}`,
    );
    return 0;
  });
  return [...new Set(codes.filter((code) => code !== 0))];
}

function readNamespaces(reader: MapReader): readonly string[] {
  const node = reader.node("namespace");
  const names = node?.kind === "list" ? reader.textList("namespace") : [reader.text("namespace") ?? ""];
  const given = [...new Set(names)].filter((name) => name !== "");
  return given.length === 0 ? ["default"] : given;
}

function readDisabled(reader: MapReader, replica: Replica, settings: ProjectSettings): boolean {
  const disabled = reader.boolean("disabled") ?? false;
  const text = reader.text("is_disabled") === "" ? undefined : reader.oneOf("is_disabled", ["true", "false"]);
  const isForeground = reader.boolean("is_foreground") ?? false;
  if (isForeground) {
    const message = `${reader.path}.is_foreground: there is no foreground here; the process is only started by name`;
    settings.context.warnings.add("ignored-key", message, reader.locationOf("is_foreground"));
  }
  if (settings.disabledNames.has(replica.name) || settings.disabledNames.has(replica.process)) return true;
  return isForeground || (text === undefined ? disabled : text === "true");
}

function finish(reader: MapReader, settings: ProjectSettings): void {
  reader.accept("name", "extends", "replicas", "vars", "is_template_disabled", "launch_timeout_seconds");
  // What process-compose notes there itself when it prints a process.
  reader.accept("original_config", "replica_num", "replica_name");
  settings.ignored.accept(reader, "is_tty", "disable_ansi_colors", "log_configuration", "truncate_log");
  settings.ignored.accept(reader, "monitor_for", "monitor_silence_threshold");
  for (const key of ["is_interactive", "is_elevated"]) if (!isOn(reader.map, key)) reader.accept(key);
  reader.finish(unsupported);
}
