import { resolve } from "node:path";
import { type LoadRequest, loadProject } from "../../src/manifest/load.ts";
import type { ManifestSources } from "../../src/manifest/load-context.ts";
import { formatProblem, ManifestError } from "../../src/manifest/problem.ts";
import type { AppSpec, ProjectSpec } from "../../src/spec/app-spec.ts";

/** Files by their paths from `/project`; a number is the size of one too large to be read. */
export type Files = Readonly<Record<string, string | number>>;

export function memorySources(files: Files): ManifestSources {
  const byPath = new Map(Object.entries(files).map(([path, text]) => [resolve("/project", path), text]));
  return {
    readText(path) {
      const content = byPath.get(path);
      if (content === undefined) return { kind: "absent" };
      return typeof content === "number"
        ? { kind: "too-large", bytes: content }
        : { kind: "text", text: content };
    },
  };
}

export interface Loaded {
  readonly spec: ProjectSpec;
  readonly apps: Readonly<Record<string, AppSpec>>;
  readonly warnings: readonly string[];
}

/** Loads files that must be right. */
export function load(files: Files | string, request: Partial<LoadRequest> = {}): Loaded {
  const { spec, warnings } = loadProject(
    { cwd: "/project", env: {}, ...request },
    memorySources(asFiles(files)),
  );
  return {
    spec,
    apps: Object.fromEntries(spec.apps.map((app) => [app.name, app])),
    warnings: warnings.map(formatProblem),
  };
}

/** The problems of files that must be wrong, a line each. */
export function problemsOf(files: Files | string, request: Partial<LoadRequest> = {}): readonly string[] {
  try {
    loadProject({ cwd: "/project", env: {}, ...request }, memorySources(asFiles(files)));
  } catch (error) {
    if (error instanceof ManifestError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}

/** A service called `web` with these lines in it. */
export function web(...lines: readonly string[]): string {
  return `services:\n  web:\n${lines.map((line) => `    ${line}\n`).join("")}`;
}

function asFiles(files: Files | string): Files {
  return typeof files === "string" ? { "holdfast.yaml": files } : files;
}
