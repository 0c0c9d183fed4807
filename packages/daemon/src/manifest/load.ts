/** From the files of a project, whatever their format, to what would run. */
import { resolve } from "node:path";
import type { ProjectSpec } from "../spec/app-spec.ts";
import { isBaseVariable } from "./compose/environment.ts";
import { loadCompose } from "./compose/index.ts";
import { detectFormat, type ManifestFormat } from "./detect-format.ts";
import { findManifest, manifestNames } from "./find-files.ts";
import { refuseForeign } from "./foreign-format.ts";
import { type LoadContext, type ManifestFile, type ManifestSources, nodeSources } from "./load-context.ts";
import { markInherited } from "./mark-inherited.ts";
import { ManifestError, type Problem, ProblemList } from "./problem.ts";
import { loadProcessCompose } from "./process-compose/index.ts";
import { loadProcfile } from "./procfile/index.ts";

export interface LoadRequest {
  /** As the user typed them, relative to `cwd`; absent: the first known name that is there. */
  readonly files?: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly projectName?: string;
  /** Compose profiles to switch on beside `COMPOSE_PROFILES` and `HOLDFAST_PROFILES`. */
  readonly profiles?: readonly string[];
}

export interface LoadedProject {
  readonly spec: ProjectSpec;
  /** Doubtful, and no reason to stop: a variable that is not set, say. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads a project's manifest. Throws a `ManifestError` (code `MANIFEST_INVALID`) with all that is wrong, in the
 * order of the files; its first problem is `no-manifest` where nothing was found. Reads files, runs nothing.
 */
export function loadProject(request: LoadRequest, sources: ManifestSources = nodeSources): LoadedProject {
  const problems = new ProblemList();
  const warnings = new ProblemList();
  const context: LoadContext = {
    cwd: request.cwd,
    env: request.env,
    sources,
    ...(request.projectName === undefined ? {} : { projectName: request.projectName }),
    profiles: request.profiles ?? [],
    problems,
    warnings,
  };
  const files = readFiles(request, context);
  for (const file of files) refuseForeign(file, problems);
  throwIfAny(problems);
  const format = commonFormat(files, problems);
  throwIfAny(problems);
  const spec = load(format, files, context);
  throwIfAny(problems);
  // The other formats hand on all that the caller has.
  const mayInherit = format === "compose" ? isBaseVariable : () => true;
  const apps = spec.apps.map((app) => markInherited(app, request.env, mayInherit));
  return { spec: { ...spec, apps }, warnings: inOrder(warnings.all) };
}

function readFiles(request: LoadRequest, context: LoadContext): readonly ManifestFile[] {
  const { problems, sources, cwd } = context;
  const named =
    request.files !== undefined && request.files.length > 0 ? request.files : findManifest(cwd, sources);
  if (named.length === 0) {
    problems.add(
      "no-manifest",
      `there is no manifest in ${cwd}: looked for ${manifestNames.join(", ")}`,
      undefined,
      "-f names another file",
    );
  }
  return named.flatMap((label) => readOne(label, context) ?? []);
}

function readOne(label: string, { cwd, sources, problems }: LoadContext): ManifestFile | undefined {
  const path = resolve(cwd, label);
  const content = sources.readText(path);
  switch (content.kind) {
    case "text":
      return { path, label, text: content.text };
    case "absent":
      problems.add("file-missing", `there is no file ${label}`);
      return undefined;
    case "too-large":
      problems.add("file-too-large", `${label} is larger than 1 MiB, and no manifest is`);
      return undefined;
    case "unreadable":
      problems.add("file-unreadable", `cannot read ${label}: ${content.reason}`);
      return undefined;
  }
}

const formatNames: Readonly<Record<ManifestFormat, string>> = {
  compose: "Compose",
  "process-compose": "process-compose",
  procfile: "Procfile",
};

function commonFormat(files: readonly ManifestFile[], problems: ProblemList): ManifestFormat {
  const formats = files.map(detectFormat);
  const [first = "compose"] = formats;
  if (formats.some((format) => format !== first)) {
    const list = files
      .map((file, index) => `${file.label} (${formatNames[formats[index] ?? first]})`)
      .join(", ");
    problems.add("mixed-formats", `files of different formats cannot be merged: ${list}`);
  }
  return first;
}

function load(format: ManifestFormat, files: readonly ManifestFile[], context: LoadContext): ProjectSpec {
  switch (format) {
    case "compose":
      return loadCompose(files, context);
    case "process-compose":
      return loadProcessCompose(files, context);
    case "procfile":
      return loadProcfile(files, context);
  }
}

function throwIfAny(problems: ProblemList): void {
  if (!problems.isEmpty) throw new ManifestError(inOrder(problems.all));
}

/** By file, as first met, then by line: checks run over the whole more than once. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = new Map<string, number>();
  for (const { location } of problems)
    if (location && !files.has(location.file)) files.set(location.file, files.size);
  const rank = ({ location }: Problem): readonly number[] =>
    location === undefined ? [-1, 0, 0] : [files.get(location.file) ?? 0, location.line, location.column];
  return problems.toSorted((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    const at = a.findIndex((value, index) => value !== b[index]);
    return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
  });
}
