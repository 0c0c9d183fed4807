/** A process's whole environment. */
import { labelOf, resolvePath } from "../load-context.ts";
import type { MapReader } from "../reader.ts";
import { findPath } from "./find-path.ts";
import { readEnvFile } from "./project-environment.ts";
import type { ProjectSettings } from "./project-settings.ts";
import type { Replica } from "./replicas.ts";

export interface ProcessEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** The names that the process itself sets. */
  readonly ownNames: ReadonlySet<string>;
}

/**
 * Lowest first: `.env`, the caller's, the replica's, the project's, the env file's, the process's own. `workingDir`
 * is the process's if it names one. Adds `missing-env-file`.
 */
export function readEnvironment(
  reader: MapReader,
  replica: Replica,
  workingDir: string | undefined,
  settings: ProjectSettings,
): ProcessEnvironment {
  const withoutDotenv = reader.boolean("is_dotenv_disabled") ?? false;
  const fromFile = readOwnEnvFile(reader, workingDir, settings);
  const own = reader.stringMap("environment") ?? {};
  return {
    ownNames: new Set([...Object.keys(fromFile), ...Object.keys(own)]),
    variables: {
      ...(withoutDotenv ? {} : settings.dotenv),
      ...settings.caller,
      PC_PROC_NAME: replica.process,
      PC_REPLICA_NUM: String(replica.number),
      ...settings.environment,
      ...fromFile,
      ...own,
    },
  };
}

function readOwnEnvFile(
  reader: MapReader,
  workingDir: string | undefined,
  settings: ProjectSettings,
): Readonly<Record<string, string>> {
  const text = reader.text("env_file");
  if (text === undefined || text === "") return {};
  const { context, directory } = settings;
  const path =
    workingDir === undefined ? findPath(context, directory, text) : resolvePath(context, workingDir, text);
  const variables = readEnvFile(path, context);
  if (variables !== undefined) return variables;
  reader.wrong("missing-env-file", "env_file", `the env file ${labelOf(context, path)} does not exist`);
  return {};
}
