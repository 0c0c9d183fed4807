import type { AppSpec } from "../spec/app-spec.ts";
import { dependantsAmong } from "./dependencies.ts";

/** How long a stop of many apps may take, and the apps whose graces add up to that, the first to be stopped first. */
export interface StopBudget {
  readonly ms: number;
  readonly apps: readonly string[];
}

/**
 * The longest that stopping all of `apps` can take: each is stopped after those that need it, and each may use up its
 * grace. Without `ordered` they are stopped at once, and the longest grace counts.
 */
export function stopBudget(
  apps: readonly Pick<AppSpec, "name" | "dependsOn" | "stop">[],
  ordered: boolean,
): StopBudget {
  const until = budgetsOf(apps, ordered);
  return longest(apps.map(({ name }) => until(name)));
}

/** For each of `apps`, how long it can take until it is stopped when all of them are. */
export function stopBudgets(
  apps: readonly Pick<AppSpec, "name" | "dependsOn" | "stop">[],
  ordered: boolean,
): ReadonlyMap<string, number> {
  const until = budgetsOf(apps, ordered);
  return new Map(apps.map(({ name }) => [name, until(name).ms]));
}

function budgetsOf(
  apps: readonly Pick<AppSpec, "name" | "dependsOn" | "stop">[],
  ordered: boolean,
): (name: string) => StopBudget {
  const specs = new Map(apps.map((app) => [app.name, app]));
  const dependants = ordered ? dependantsAmong(new Set(specs.keys()), specs) : new Map<string, string[]>();
  const known = new Map<string, StopBudget>();
  const until = (name: string): StopBudget => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const before = longest((dependants.get(name) ?? []).map(until));
    const budget = {
      ms: before.ms + (specs.get(name)?.stop.graceMs ?? 0),
      apps: [...before.apps, name],
    };
    known.set(name, budget);
    return budget;
  };
  return until;
}

function longest(budgets: readonly StopBudget[]): StopBudget {
  return budgets.reduce((one, other) => (other.ms > one.ms ? other : one), { ms: 0, apps: [] });
}
