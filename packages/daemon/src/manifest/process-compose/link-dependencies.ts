/** Drafts made whole: each dependency found, and found to be possible. */
import type { AppSpec, Dependency } from "../../spec/app-spec.ts";
import { orderByDependency } from "../dependency-graph.ts";
import type { DependencyWish } from "./dependency-wishes.ts";
import type { ProjectSettings } from "./project-settings.ts";
import type { ProcessDraft } from "./read-process.ts";

/**
 * The apps with their dependencies, in the order of the drafts. Adds `unknown-dependency`, `self-dependency`,
 * `dependency-cycle`, `duplicate-name`, `no-health-check`, `no-ready-line` and, where the project is strict,
 * `disabled-dependency`.
 */
export function linkDependencies(
  drafts: readonly ProcessDraft[],
  settings: ProjectSettings,
): readonly AppSpec[] {
  const { problems } = settings.context;
  const byName = new Map<string, ProcessDraft>();
  const byProcess = new Map<string, ProcessDraft[]>();
  const appNames = new Map<string, ProcessDraft>();
  for (const draft of drafts) {
    const other = byName.get(draft.replica.name) ?? appNames.get(draft.app.name);
    if (other !== undefined) {
      const message = `the processes "${other.replica.name}" and "${draft.replica.name}" have one name here`;
      problems.add("duplicate-name", message, draft.app.source);
    }
    byName.set(draft.replica.name, draft);
    appNames.set(draft.app.name, draft);
    byProcess.set(draft.replica.process, [...(byProcess.get(draft.replica.process) ?? []), draft]);
  }
  const wishesOf = new Map(drafts.map((draft) => [draft, oneByOne(draft.wishes, byProcess)]));
  const nodes = drafts.map((draft) => ({
    name: draft.replica.name,
    edges: (wishesOf.get(draft) ?? []).map(({ name, location }) => ({ to: name, required: true, location })),
  }));
  orderByDependency(nodes, "process", problems);
  return drafts.map((draft) => {
    const dependsOn: [string, Dependency][] = [];
    for (const wish of wishesOf.get(draft) ?? []) {
      const target = byName.get(wish.name);
      if (target === undefined) continue;
      dependsOn.push([target.app.name, toDependency(draft, wish, target, settings)]);
    }
    return { ...draft.app, dependsOn: Object.fromEntries(dependsOn) };
  });
}

/** A process of several replicas means each of them, but for those that are named beside it. */
function oneByOne(
  wishes: readonly DependencyWish[],
  byProcess: ReadonlyMap<string, readonly ProcessDraft[]>,
): readonly DependencyWish[] {
  const named = new Set(wishes.map((wish) => wish.name));
  return wishes.flatMap((wish) => {
    const replicas = byProcess.get(wish.name) ?? [];
    if (replicas.length <= 1) return [wish];
    return replicas
      .filter((draft) => !named.has(draft.replica.name))
      .map((draft) => ({ ...wish, name: draft.replica.name }));
  });
}

function toDependency(
  draft: ProcessDraft,
  wish: DependencyWish,
  target: ProcessDraft,
  settings: ProjectSettings,
): Dependency {
  const { problems, warnings } = settings.context;
  const { app } = target;
  const names = `process "${draft.replica.name}" waits for "${wish.name}"`;
  if (wish.condition === "service_healthy" && app.readiness === undefined && app.liveness === undefined) {
    problems.add("no-health-check", `${names} to be healthy, which has no probe`, wish.location);
  }
  if (wish.condition === "service_log_ready" && app.readyLogLine === undefined) {
    problems.add("no-ready-line", `${names} to be ready, which has no ready_log_line`, wish.location);
  }
  if (app.disabled && !draft.app.disabled) {
    const list = settings.isStrict ? problems : warnings;
    list.add("disabled-dependency", `${names}, which is disabled`, wish.location);
  }
  // As there, nobody waits for a process that is not going to run.
  return { condition: wish.condition, required: !app.disabled, restart: false };
}
