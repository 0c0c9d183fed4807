/** Whether an app may start, as far as the apps it depends on are concerned. Pure. */
import type { AppSpec, DependencyCondition } from "../spec/app-spec.ts";
import type { AppState, WaitingFor } from "../spec/app-state.ts";

export type DependencyVerdict =
  | { readonly kind: "met" }
  | { readonly kind: "waiting"; readonly waitingFor: readonly WaitingFor[] }
  | { readonly kind: "impossible"; readonly reason: string; readonly on: WaitingFor };

/** One dependency's verdict: `no` is final as long as nobody starts the dependency anew. */
type Fulfilment =
  | { readonly kind: "yes" }
  | { readonly kind: "not-yet" }
  | { readonly kind: "no"; readonly why: string };

/** What a dependant needs to know of an instance. */
export interface DependencyFacts {
  readonly state: AppState;
  /** True once its ready line was seen since it was last started, even if it has ended meanwhile. */
  readonly sawReadyLine: boolean;
  /** True when it is started as soon as its stop is done. */
  readonly willStart?: boolean;
}

/** `factsOf` gives the facts of all instances of an app of the same project, or undefined where there is none. */
export function dependencyVerdict(
  spec: Pick<AppSpec, "dependsOn">,
  factsOf: (app: string) => readonly DependencyFacts[] | undefined,
): DependencyVerdict {
  const waitingFor: WaitingFor[] = [];
  for (const [app, { condition, required }] of Object.entries(spec.dependsOn)) {
    const facts = factsOf(app);
    if (facts === undefined) {
      if (required)
        return { kind: "impossible", reason: `needs ${app}, which does not exist`, on: { app, condition } };
      continue;
    }
    for (const { state, sawReadyLine, willStart = false } of facts) {
      if (condition === "service_log_ready" && sawReadyLine && !willStart) continue;
      const fulfilment: Fulfilment = willStart ? { kind: "not-yet" } : fulfils(condition, state);
      if (fulfilment.kind === "yes") continue;
      if (fulfilment.kind === "not-yet") {
        waitingFor.push({ app, condition });
        break;
      }
      if (required)
        return {
          kind: "impossible",
          reason: `needs ${app}, which ${fulfilment.why}`,
          on: { app, condition },
        };
    }
  }
  return waitingFor.length === 0 ? { kind: "met" } : { kind: "waiting", waitingFor };
}

function fulfils(condition: DependencyCondition, state: AppState): Fulfilment {
  switch (state.kind) {
    case "stopped":
    case "stopping":
      return { kind: "no", why: "is stopped" };
    case "removing":
      return { kind: "no", why: "is being removed" };
    case "starting":
    case "restarting":
    case "installing":
    case "unknown":
      return { kind: "not-yet" };
    case "running":
      if (wantsReady(condition) && state.health === "unhealthy" && !state.ready) {
        return { kind: "no", why: "is unhealthy" };
      }
      return condition === "service_started" || (wantsReady(condition) && state.ready)
        ? { kind: "yes" }
        : { kind: "not-yet" };
    case "backoff":
      return condition === "service_started" ? { kind: "yes" } : { kind: "not-yet" };
    case "completed":
      return wantsReady(condition)
        ? { kind: "no", why: "has completed without becoming ready" }
        : { kind: "yes" };
    case "failed":
      if (
        state.exit !== undefined &&
        (condition === "service_started" || condition === "service_completed")
      ) {
        return { kind: "yes" };
      }
      return { kind: "no", why: `failed: ${state.reason}` };
  }
}

function wantsReady(condition: DependencyCondition): boolean {
  return condition === "service_healthy" || condition === "service_log_ready";
}

/** The named apps and all that they need, in no particular order. Optional dependencies that are absent are left out. */
export function withDependencies(
  names: Iterable<string>,
  specs: ReadonlyMap<string, Pick<AppSpec, "dependsOn">>,
): Set<string> {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const spec = specs.get(name);
    if (spec === undefined || found.has(name)) continue;
    found.add(name);
    open.push(...Object.keys(spec.dependsOn));
  }
  return found;
}

/**
 * For each of the named apps, those among them that depend on it: they are stopped before it. Also those that do so by
 * way of an app that is not named, such as a migration that has completed long since.
 */
export function dependantsAmong(
  names: ReadonlySet<string>,
  specs: ReadonlyMap<string, Pick<AppSpec, "dependsOn">>,
): Map<string, readonly string[]> {
  const dependants = new Map<string, string[]>([...names].map((name) => [name, []]));
  for (const name of names) {
    for (const needed of withDependencies([name], specs))
      if (needed !== name) dependants.get(needed)?.push(name);
  }
  return dependants;
}

/** Those that can never start, since they need each other, or need such. */
export function waitingForEachOther(apps: readonly Pick<AppSpec, "name" | "dependsOn">[]): readonly string[] {
  const known = new Set(apps.map((app) => app.name));
  const waitsFor = new Map<string, number>();
  const dependants = new Map<string, string[]>();
  for (const { name, dependsOn } of apps) {
    const needs = Object.keys(dependsOn).filter((other) => known.has(other));
    waitsFor.set(name, needs.length);
    for (const other of needs) dependants.set(other, [...(dependants.get(other) ?? []), name]);
  }
  const free = [...known].filter((name) => waitsFor.get(name) === 0);
  for (const name of free) {
    for (const dependant of dependants.get(name) ?? []) {
      const left = (waitsFor.get(dependant) ?? 0) - 1;
      waitsFor.set(dependant, left);
      // Grows the list that is being walked: that is the walk.
      if (left === 0) free.push(dependant);
    }
  }
  const started = new Set(free);
  return [...known].filter((name) => !started.has(name));
}
