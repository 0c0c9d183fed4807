/** Loads fixture files as a user in their directory would, on a machine whose one shell is /shells/bash. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeSources } from "../../../src/manifest/load-context.ts";
import { ProblemList } from "../../../src/manifest/problem.ts";
import { loadProcessCompose } from "../../../src/manifest/process-compose/load-process-compose.ts";
import type { AppSpec, ProjectSpec } from "../../../src/spec/app-spec.ts";
import { inMemoryContext, problemsOf, warningsOf } from "../procfile/in-memory-context.ts";

export const fixtures: string = join(dirname(fileURLToPath(import.meta.url)), "fixtures");

export interface Loaded {
  readonly project: ProjectSpec;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export function tryFixture(names: readonly string[], env: Readonly<Record<string, string>> = {}): Loaded {
  const files = names.map((label) => {
    const path = join(fixtures, label);
    return { path, label, text: readFileSync(path, "utf8") };
  });
  const context = {
    cwd: fixtures,
    env: { PATH: "/shells", ...env },
    profiles: [],
    problems: new ProblemList(),
    warnings: new ProblemList(),
    sources: {
      readText: (path: string) => (path.startsWith("/shells/") ? shell(path) : nodeSources.readText(path)),
    },
  };
  const project = loadProcessCompose(files, context);
  return { project, problems: problemsOf(context), warnings: warningsOf(context) };
}

export function loadFixture(...names: readonly string[]): ProjectSpec {
  const { project, problems } = tryFixture(names);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return project;
}

export interface InlineOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly manifests?: readonly string[];
}

/** Loads `text` as `/app/pc.yaml`, beside other files. */
export function tryText(text: string, options: InlineOptions = {}): Loaded {
  const context = inMemoryContext({
    manifests: ["/app/pc.yaml"],
    ...options,
    files: { "/app/pc.yaml": text, "/shells/bash": "", "/shells/sh": "", ...options.files },
    env: { PATH: "/shells", ...options.env },
  });
  const project = loadProcessCompose(context.files, context);
  return { project, problems: problemsOf(context), warnings: warningsOf(context) };
}

export function loadText(text: string, options?: InlineOptions): ProjectSpec {
  const { project, problems } = tryText(text, options);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return project;
}

export function appOf(project: ProjectSpec, name: string): AppSpec {
  const app = project.apps.find((each) => each.name === name);
  if (app === undefined) throw new Error(`no app "${name}" among ${project.apps.map((each) => each.name)}`);
  return app;
}

/** The one app of a text that says `process` under `processes.web`, a line of YAML flow style. */
export function appWith(process: string, options?: InlineOptions): AppSpec {
  return appOf(loadText(`processes:\n  web: { command: serve, ${process} }\n`, options), "web");
}

/** What is wrong with such a text. */
export function problemsWith(process: string): readonly string[] {
  return tryText(`processes:\n  web: { command: serve, ${process} }\n`).problems;
}

export function scriptOf(app: AppSpec): string {
  const { command } = app;
  return command.kind === "shell" ? command.script : command.kind === "exec" ? command.argv.join(" ") : "";
}

/** `web > db:service_started`, for all dependencies of a project. */
export function edgesOf(project: ProjectSpec): readonly string[] {
  return project.apps.flatMap((app) =>
    Object.entries(app.dependsOn).map(
      ([name, { condition, required }]) => `${app.name} > ${name}:${condition}${required ? "" : "?"}`,
    ),
  );
}

function shell(path: string): ReturnType<typeof nodeSources.readText> {
  return path === "/shells/bash" || path === "/shells/sh" ? { kind: "text", text: "" } : { kind: "absent" };
}
