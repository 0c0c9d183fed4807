/** The shell that commands, probes and shutdown commands run in. */
import { isAbsolute, join, resolve } from "node:path";
import type { LoadContext } from "../load-context.ts";
import type { MapReader } from "../reader.ts";

/** The argv that a script is appended to. */
export type Shell = readonly [string, ...string[]];

/**
 * The project's `shell`, else the caller's `COMPOSE_SHELL`, else bash, and where there is no bash `/bin/sh`, with a
 * warning. Adds `missing-shell` when the one that is asked for is not on the path.
 */
export function readShell(project: MapReader, context: LoadContext): Shell {
  const reader = project.reader("shell");
  if (reader === undefined) return defaultShell(context);
  const argument = reader.text("shell_argument") ?? "-c";
  // For processes that run as root, which are refused where they ask for it.
  reader.accept("elevated_shell_command", "elevated_shell_argument");
  const wanted = reader.text("shell_command");
  if (wanted === undefined) reader.missing("shell_command");
  reader.finish();
  const program = wanted === undefined ? undefined : findProgram(wanted, context);
  if (wanted !== undefined && program === undefined) {
    reader.wrong("missing-shell", "shell_command", `there is no program "${wanted}" on the path`);
  }
  return [program ?? "/bin/sh", argument];
}

/** The shell of a project that names none. */
export function defaultShell(context: LoadContext): Shell {
  const wanted = context.env["COMPOSE_SHELL"] ?? "bash";
  const program = findProgram(wanted, context);
  if (program === undefined) {
    const hint = "commands run in /bin/sh";
    context.warnings.add("missing-shell", `there is no program "${wanted}" on the path`, undefined, hint);
  }
  return [program ?? "/bin/sh", "-c"];
}

function findProgram(name: string, context: LoadContext): string | undefined {
  const exists = (path: string): boolean => context.sources.readText(path).kind !== "absent";
  if (name.includes("/")) {
    const path = isAbsolute(name) ? name : resolve(context.cwd, name);
    return exists(path) ? path : undefined;
  }
  const directories = (context.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(":");
  return directories.map((directory) => join(resolve(context.cwd, directory), name)).find(exists);
}
