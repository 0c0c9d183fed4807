/** The variables a project begins with: `.pc_env`, the caller's, `.env`. */
import { type LoadContext, labelOf } from "../load-context.ts";
import { callerEnvironment } from "../procfile/caller-environment.ts";
import { findPath } from "./find-path.ts";
import { parseGodotenv } from "./parse-godotenv.ts";

export interface ProjectEnvironment {
  /** The caller's, over what `.pc_env` adds. */
  readonly caller: Readonly<Record<string, string>>;
  /** What `.env` says; below the caller's for a process, above it in the text of the file. */
  readonly dotenv: Readonly<Record<string, string>>;
}

/** Both files are optional. Adds `dotenv-syntax` and `unreadable-file`. */
export function readProjectEnvironment(directory: string, context: LoadContext): ProjectEnvironment {
  const pcEnv = readEnvFile(findPath(context, directory, ".pc_env"), context) ?? {};
  const caller = { ...pcEnv, ...callerEnvironment(context) };
  const isDisabled = Object.hasOwn(caller, "PC_DISABLE_DOTENV");
  const dotenv = isDisabled ? {} : (readEnvFile(findPath(context, directory, ".env"), context) ?? {});
  return { caller, dotenv };
}

/** The variables of a file; undefined when there is no such file. */
export function readEnvFile(
  path: string,
  context: LoadContext,
): Readonly<Record<string, string>> | undefined {
  const file = context.sources.readText(path);
  const label = labelOf(context, path);
  if (file.kind === "absent") return undefined;
  if (file.kind !== "text") {
    const why = file.kind === "too-large" ? "it is too large" : file.reason;
    context.problems.add("unreadable-file", `the env file ${label} cannot be read: ${why}`);
    return {};
  }
  return Object.fromEntries(parseGodotenv({ label, text: file.text }, context.env, context.problems));
}
