import { HoldfastError } from "@holdfast/runtime";
import type { Plan, PlannedApp } from "../api/contract.ts";
import type { AppSpec, ProjectSpec } from "../spec/app-spec.ts";
import { waitingForEachOther, withDependencies } from "./dependencies.ts";
import { notFound } from "./not-found.ts";
import { needsRestart, specChanges } from "./spec-changes.ts";
import { stopBudget } from "./stop-budget.ts";

/** An app of the project as it is now. */
export interface AppSituation {
  readonly spec: AppSpec;
  /** It runs, or will without being asked again. */
  readonly isAlive: boolean;
  /** Nothing of it is left to be started: each instance is up, or has done its work beside one that is. */
  readonly isWhole: boolean;
  /** It is being restarted, and so need not be started. */
  readonly isRestarting: boolean;
  /** Every instance of it has ended as it should. */
  readonly isDone: boolean;
}

export interface PlanRequest {
  readonly spec: ProjectSpec;
  /** Absent: all that are not disabled. */
  readonly names?: readonly string[] | undefined;
  readonly removeOrphans?: boolean | undefined;
}

/**
 * What `apply` does with a spec, as things are now. Pure. Throws `NOT_FOUND` for a name that the project has not,
 * `UNSUPPORTED` when an app that it no longer has, and that stays, and one that it has would wait for each other.
 */
export function planApply(now: ReadonlyMap<string, AppSituation>, request: PlanRequest): Plan {
  const { spec, names, removeOrphans = false } = request;
  const wanted = new Map(spec.apps.map((app) => [app.name, app]));
  const orphans = [...now.values()].filter((app) => !wanted.has(app.spec.name));
  const kept = removeOrphans ? [] : orphans;
  const after = [...spec.apps, ...kept.map((app) => app.spec)];
  refuseCycle(spec.name, after, kept);
  const toStart = expectNames(
    names ?? spec.apps.filter((app) => !app.disabled).map((app) => app.name),
    spec.name,
    after,
  );
  const changed = new Map(spec.apps.map((app) => [app.name, comparison(now.get(app.name), app)]));
  const restarted = new Set([...changed].filter(([, { restarts }]) => restarts).map(([name]) => name));
  const followers = followersOf(restarted, now, after);
  const starting = startsOf(
    toStart,
    after.map((app) => ({
      isAlive: false,
      isWhole: false,
      isRestarting: false,
      isDone: false,
      ...now.get(app.name),
      spec: app,
    })),
  );
  const apps = [
    ...spec.apps.map((app): PlannedApp => {
      const { change, fields } = changed.get(app.name) ?? { change: "added", fields: [] };
      const old = now.get(app.name);
      const because = followers.get(app.name) ?? null;
      const isRestarted = restarted.has(app.name) || because !== null;
      const action = isRestarted
        ? app.update === undefined || app.schedule !== undefined
          ? "restart"
          : "roll"
        : starting.has(app.name)
          ? "start"
          : (old?.isAlive === true || old?.isRestarting === true) && old.spec.replicas !== app.replicas
            ? "scale"
            : "none";
      const stops = isRestarted || (old?.isAlive === true && old.spec.replicas > app.replicas);
      return planned(app, change, fields, action, because, stops);
    }),
    ...orphans.map((orphan): PlannedApp => {
      if (!removeOrphans) return planned(orphan.spec, "orphaned", [], "none", null, false);
      const action = orphan.isAlive ? "stop" : "none";
      return planned(orphan.spec, "removed", [], action, null, orphan.isAlive);
    }),
  ];
  const isUp = (name: string): boolean => starting.has(name) || now.get(name)?.isAlive === true;
  const down = stopBudget(
    after.filter((app) => isUp(app.name)),
    spec.orderedStop,
  );
  return {
    project: spec.name,
    apps,
    hasChanges: apps.some(({ change, action }) => action !== "none" || !isAsItWas(change)),
    stopMs: Math.max(0, ...apps.map((app) => app.stopMs)),
    downMs: down.ms,
    downPath: down.apps,
  };
}

/** Those of the named apps, and of what they need, that a start has anything to do for. */
export function startsOf(names: ReadonlySet<string>, apps: readonly AppSituation[]): ReadonlySet<string> {
  const wanted = withDependencies(names, new Map(apps.map(({ spec }) => [spec.name, spec])));
  const starting = apps.filter(({ spec, isWhole, isRestarting, isDone }) => {
    if (!wanted.has(spec.name) || isWhole || isRestarting) return false;
    // Disabled apps run when they are named, and not because another one needs them.
    if (spec.disabled && !names.has(spec.name)) return false;
    // A job that another one needs is not run again when it is done.
    return names.has(spec.name) || !isDone;
  });
  return new Set(starting.map(({ spec }) => spec.name));
}

function refuseCycle(project: string, after: readonly AppSpec[], kept: readonly AppSituation[]): void {
  const stuck = waitingForEachOther(after);
  if (stuck.length === 0) return;
  const orphans = kept.map(({ spec }) => spec.name).filter((name) => stuck.includes(name));
  throw new HoldfastError(
    "UNSUPPORTED",
    `${stuck.join(", ")} of ${project} would wait for each other: ${orphans.join(", ")} stayed from an earlier manifest; remove what is no longer in it (up --remove-orphans), or change what needs what`,
    { details: { project, names: stuck } },
  );
}

/** The apps that names mean, each one or a group. Throws `NOT_FOUND`, which says which there are. */
function expectNames(
  names: readonly string[],
  project: string,
  apps: readonly AppSpec[],
): ReadonlySet<string> {
  const known = new Set(apps.map((app) => app.name));
  return new Set(
    names.flatMap((name) => {
      if (known.has(name)) return [name];
      const group = apps.filter((app) => app.group === name).map((app) => app.name);
      if (group.length === 0) throw notFound(`${project} has no app ${name}`, name, [...known]);
      return group;
    }),
  );
}

interface Comparison extends Pick<PlannedApp, "change" | "fields"> {
  readonly restarts: boolean;
}

function comparison(old: AppSituation | undefined, app: AppSpec): Comparison {
  if (old === undefined) return { change: "added", fields: [], restarts: false };
  const fields = specChanges(old.spec, app);
  if (fields.length === 0) return { change: "unchanged", fields, restarts: false };
  const isUp = old.isAlive || old.isRestarting;
  return { change: "changed", fields, restarts: isUp && needsRestart(fields, app) };
}

/** The apps that asked to be restarted with one of those, each with the reason. */
function followersOf(
  restarted: ReadonlySet<string>,
  now: ReadonlyMap<string, AppSituation>,
  after: readonly AppSpec[],
): ReadonlyMap<string, string> {
  const followers = new Map<string, string>();
  for (const app of after) {
    if (restarted.has(app.name) || now.get(app.name)?.isAlive !== true) continue;
    const on = Object.entries(app.dependsOn).find(([name, { restart }]) => restart && restarted.has(name));
    if (on !== undefined) followers.set(app.name, `${on[0]} is restarted`);
  }
  return followers;
}

function planned(
  { name, stop, update, replicas }: AppSpec,
  change: PlannedApp["change"],
  fields: PlannedApp["fields"],
  action: PlannedApp["action"],
  because: string | null,
  stops: boolean,
): PlannedApp {
  const batches =
    action === "roll" && update !== undefined && update.parallelism > 0
      ? Math.max(1, Math.ceil(replicas / update.parallelism))
      : 1;
  return { name, change, fields, action, because, stopMs: stops ? stop.graceMs * batches : 0 };
}

function isAsItWas(change: PlannedApp["change"]): boolean {
  return change === "unchanged" || change === "orphaned";
}
