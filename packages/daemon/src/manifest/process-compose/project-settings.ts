/** What the top of a process-compose project says about all of its processes. */
import { basename } from "node:path";
import type { LoadContext } from "../load-context.ts";
import { isNull, type LocatedMap, valueAt } from "../located.ts";
import { normalizeProjectName } from "../project-name.ts";
import { MapReader } from "../reader.ts";
import { type EnvCommands, readEnvCommands } from "./env-commands.ts";
import { IgnoredKeys } from "./ignored-keys.ts";
import type { ProjectEnvironment } from "./project-environment.ts";
import { toVariables } from "./render-process.ts";
import { defaultShell, readShell, type Shell } from "./shell.ts";
import type { Variables } from "./template-render.ts";
import { usableName } from "./usable-name.ts";

export interface ProjectSettings extends ProjectEnvironment {
  readonly context: LoadContext;
  readonly name: string;
  /** Absolute: the first file's. */
  readonly directory: string;
  /** The top's `environment`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly variables: Variables;
  readonly shell: Shell;
  readonly envCommands: EnvCommands;
  /** The shell of `envCommands`, which the project's own does not change. */
  readonly envShell: Shell;
  /** As written. */
  readonly logLocation?: string;
  readonly isStrict: boolean;
  readonly orderedStop: boolean;
  readonly disabledNames: ReadonlySet<string>;
  readonly ignored: IgnoredKeys;
  readonly processes: LocatedMap | undefined;
}

/** Adds `unknown-key`, `unsupported-key`, `wrong-type`, `no-processes` and the codes of what it calls. */
export function readSettings(
  tree: LocatedMap,
  directory: string,
  environment: ProjectEnvironment,
  context: LoadContext,
): ProjectSettings {
  const reader = new MapReader(tree, "", context.problems);
  const ignored = new IgnoredKeys();
  const written = reader.text("name");
  const logLocation = reader.text("log_location");
  const envCommands = readEnvCommands(reader);
  const ordered = reader.boolean("ordered_shutdown");
  const settings: ProjectSettings = {
    ...environment,
    context,
    name:
      context.projectName ??
      (written === undefined ? normalizeProjectName(basename(directory)) : usableName(written)),
    directory,
    environment: reader.stringMap("environment") ?? {},
    variables: readVariables(reader),
    shell: readShell(reader, context),
    envCommands,
    envShell: envCommands.size === 0 ? ["/bin/sh", "-c"] : defaultShell(context),
    ...(logLocation === undefined ? {} : { logLocation }),
    isStrict: reader.boolean("is_strict") ?? false,
    orderedStop: ordered !== false || Object.hasOwn(environment.caller, "PC_ORDERED_SHUTDOWN"),
    disabledNames: new Set(environment.caller["PC_DISABLED_PROCESSES"]?.split(",") ?? []),
    ignored,
    processes: readProcesses(reader, tree),
  };
  reader.accept("version", "extends", "disable_env_expansion", "is_tui_disabled");
  // What process-compose notes there itself when it prints a project.
  reader.accept("file_names", "env_file_names", "dot_env_vars");
  ignored.accept(reader, "log_level", "log_length", "log_configuration", "log_format");
  reader.finish({ mcp_server: "" });
  return settings;
}

function readVariables(reader: MapReader): Variables {
  const node = reader.reader("vars");
  return node === undefined ? new Map() : toVariables(node.map);
}

function readProcesses(reader: MapReader, tree: LocatedMap): LocatedMap | undefined {
  const processes = reader.reader("processes")?.map;
  const written = valueAt(tree, "processes");
  const isEmpty = written === undefined || isNull(written) || processes?.entries.size === 0;
  if (isEmpty) reader.missing("processes", "name at least one process");
  return processes;
}
