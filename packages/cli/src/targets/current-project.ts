import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { CliEnvironment } from "../cli-environment.ts";

/** The manifests that a directory may have, in the order in which they are looked for. */
const manifestNames: readonly string[] = [
  "holdfast.yaml",
  "holdfast.yml",
  "compose.yaml",
  "compose.yml",
  "docker-compose.yaml",
  "docker-compose.yml",
  "process-compose.yaml",
  "process-compose.yml",
  "Procfile",
];

/**
 * The project that a command means: the one it names, else the one whose manifest lies in this directory, else
 * undefined, which is all. Reads no more than the manifest's `name:`, since `ps` has no time for the whole of it.
 */
export function currentProject(cli: CliEnvironment, named: string | undefined): string | undefined {
  if (named !== undefined) return named;
  for (const manifest of manifestNames) {
    const text = textOf(join(cli.directory, manifest));
    if (text === undefined) continue;
    const { COMPOSE_PROJECT_NAME: given } = cli.variables as { readonly COMPOSE_PROJECT_NAME?: string };
    if (given !== undefined && given !== "" && manifest !== "Procfile") return given;
    return writtenName(text) ?? usableName(basename(cli.directory));
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** A top-level `name: text`; not one made of variables, whose value only the daemon's reader knows. */
function writtenName(text: string): string | undefined {
  const [, value] = /^name:[ \t]*(?:"([^"$]+)"|'([^'$]+)'|([^\s#$"']+))/m.exec(text)?.filter(Boolean) ?? [];
  return value;
}

function usableName(name: string): string {
  const made = name.replace(/[^A-Za-z0-9_.-]/g, "_").replace(/^[.-]+/, "");
  return made === "" ? (name === "" ? "root" : "_") : made.slice(0, 63);
}
