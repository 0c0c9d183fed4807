import { existsSync, readFileSync } from "node:fs";
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
 * The project that a command means: the one it names, else the one whose manifest lies in this directory (not with
 * `--node`), else undefined, which is all. Looks at no more than the manifest's `name:`, since `ps` has no time for the whole of it.
 */
export async function currentProject(
  cli: CliEnvironment,
  named: string | undefined,
): Promise<string | undefined> {
  // What lies in a directory here says nothing of another machine.
  if (named !== undefined || cli.node !== undefined) return named;
  for (const manifest of manifestNames) {
    const text = textOf(join(cli.directory, manifest));
    if (text === undefined) continue;
    const written =
      manifest === "Procfile" ? undefined : /^["']?name["']?[ \t]*:[ \t]*(.*)$/m.exec(text)?.[1];
    if (manifest !== "Procfile" && hidesKeys.test(text)) return await nameByReader(cli);
    if (written === undefined) return environmentName(cli, manifest) ?? directoryName(cli.directory);
    const [, name] = /^["']?([A-Za-z0-9_][A-Za-z0-9_.-]*)["']?[ \t\r]*(?:#.*)?$/.exec(written) ?? [];
    // Anything else, such as a variable, is for the reader that knows the whole language.
    return name ?? (await nameByReader(cli));
  }
  return undefined;
}

/** Whether a directory has a manifest that is found without being named. */
export function hasManifest(directory: string): boolean {
  return manifestNames.some((name) => existsSync(join(directory, name)));
}

/** In JSON, or all of it indented, which no line at the margin tells anything of. */
const hidesKeys = /^(?:\uFEFF)?(?:[ \t]*(?:#.*)?\r?\n)*(?:\{|[ \t]+[^ \t\r\n#])/;

async function nameByReader(cli: CliEnvironment): Promise<string> {
  return (await import("../manifest/load-manifest.ts")).loadManifest(cli, {}).spec.name;
}

/** The Compose variable, from the environment or the `.env` beside the manifest. */
function environmentName({ variables, directory }: CliEnvironment, manifest: string): string | undefined {
  if (manifest === "Procfile") return undefined;
  const { COMPOSE_PROJECT_NAME: given } = variables as { readonly COMPOSE_PROJECT_NAME?: string };
  if (given) return given;
  const line = /^[ \t]*(?:export[ \t]+)?COMPOSE_PROJECT_NAME[ \t]*=[ \t]*["']?([A-Za-z0-9_.-]+)/m;
  return line.exec(textOf(join(directory, ".env")) ?? "")?.[1];
}

/** The directory's name as Compose makes a project's of it; the manifest's reader does the same. */
function directoryName(directory: string): string {
  const usable = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "")
    .slice(0, 63);
  return usable === "" ? "default" : usable;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
