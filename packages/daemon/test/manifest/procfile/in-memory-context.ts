/** A context for loaders whose files are a record of texts by absolute path; a trailing `/` makes a directory. */
import type { LoadContext, ManifestFile } from "../../../src/manifest/load-context.ts";
import { formatProblem, ProblemList } from "../../../src/manifest/problem.ts";

export interface InMemoryContext extends LoadContext {
  readonly files: readonly ManifestFile[];
}

export interface InMemoryOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** The manifests; by default the first of `files`. */
  readonly manifests?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly projectName?: string;
}

export function inMemoryContext(options: InMemoryOptions): InMemoryContext {
  const files = options.files ?? {};
  const cwd = options.cwd ?? "/app";
  const manifests = options.manifests ?? Object.keys(files).slice(0, 1);
  return {
    cwd,
    env: options.env ?? {},
    profiles: [],
    problems: new ProblemList(),
    warnings: new ProblemList(),
    ...(options.projectName === undefined ? {} : { projectName: options.projectName }),
    sources: {
      readText(path) {
        const text = files[path];
        if (text !== undefined) return { kind: "text", text };
        if (`${path}/` in files) return { kind: "unreadable", reason: "it is a directory" };
        return { kind: "absent" };
      },
    },
    files: manifests.map((path) => ({
      path,
      label: path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path,
      text: files[path] ?? "",
    })),
  };
}

/** All that is wrong, a line each, as a user sees it. */
export function problemsOf(context: LoadContext): readonly string[] {
  return context.problems.all.map(formatProblem);
}

export function warningsOf(context: LoadContext): readonly string[] {
  return context.warnings.all.map(formatProblem);
}
