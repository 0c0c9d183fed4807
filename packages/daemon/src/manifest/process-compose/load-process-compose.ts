/** process-compose files as a project, by the rules of its version 1.122. */
import { dirname, join } from "node:path";
import type { ProjectSpec } from "../../spec/app-spec.ts";
import type { LoadContext, ManifestFile } from "../load-context.ts";
import { isNull, type LocatedEntry, locatedMap } from "../located.ts";
import { wrongType } from "../value.ts";
import { linkDependencies } from "./link-dependencies.ts";
import { readProjectEnvironment } from "./project-environment.ts";
import { type ProjectSettings, readSettings } from "./project-settings.ts";
import { readProjectTree } from "./project-tree.ts";
import { type ProcessDraft, readProcess } from "./read-process.ts";
import { renderProcess } from "./render-process.ts";
import { replicasOf } from "./replicas.ts";
import { resolveExtends } from "./resolve-extends.ts";
import { TemplateRenderer } from "./template-render.ts";

/** A few lines could ask for any number: with replicas, and with variables that each of them gets. */
const maxApps = 10_000;
const maxVariables = 2_000_000;

/**
 * The project of one or more files, of which each is laid over those before it. What is wrong is added to the
 * context's problems, and the result is then not to be used; what is ignored, to its warnings.
 */
export function loadProcessCompose(files: readonly ManifestFile[], context: LoadContext): ProjectSpec {
  const directory = dirname(files[0]?.path ?? join(context.cwd, "process-compose.yaml"));
  const environment = readProjectEnvironment(directory, context);
  const lookup = (name: string): string => {
    if (Object.hasOwn(environment.dotenv, name)) return environment.dotenv[name] ?? "";
    return Object.hasOwn(environment.caller, name) ? (environment.caller[name] ?? "") : "";
  };
  const project = readProjectTree(files, lookup, context);
  const tree = project?.tree ?? locatedMap([], { file: files[0]?.label ?? "", line: 1, column: 1 });
  const settings = project === undefined ? undefined : readSettings(tree, directory, environment, context);
  const drafts = settings === undefined ? [] : readProcesses(settings);
  settings?.ignored.warn(context.warnings);
  return {
    name: settings?.name ?? "",
    directory,
    files: project?.files ?? files.map((file) => file.path),
    apps: settings === undefined ? [] : linkDependencies(drafts, settings),
    orderedStop: settings?.orderedStop ?? true,
    abortOnExit: false,
  };
}

function readProcesses(settings: ProjectSettings): readonly ProcessDraft[] {
  if (settings.processes === undefined) return [];
  const processes = resolveExtends(settings.processes, settings.context.problems);
  const renderer = new TemplateRenderer();
  const drafts: ProcessDraft[] = [];
  let variables = 0;
  for (const entry of processes.entries.values()) {
    for (const draft of readReplicas(entry, renderer, settings)) {
      drafts.push(draft);
      variables += Object.keys(draft.app.environment).length;
      if (drafts.length <= maxApps && variables <= maxVariables) continue;
      const message = `the project becomes more than ${maxApps} apps or ${maxVariables} variables of theirs`;
      settings.context.problems.add("project-too-large", message, entry.keyLocation);
      return drafts;
    }
  }
  return drafts;
}

function* readReplicas(
  entry: LocatedEntry,
  renderer: TemplateRenderer,
  settings: ProjectSettings,
): Generator<ProcessDraft> {
  const { problems, warnings } = settings.context;
  const path = `processes.${entry.key}`;
  const value = isNull(entry.value) ? locatedMap([], entry.keyLocation) : entry.value;
  if (value.kind !== "map") {
    wrongType(value, path, problems, "a map");
    return;
  }
  for (const replica of replicasOf(entry, value, settings)) {
    const { variables } = settings;
    const rendered = renderProcess(value, {
      path,
      renderer,
      variables,
      replica: replica.number,
      problems,
      warnings,
    });
    yield readProcess(entry, rendered, replica, settings);
  }
}
