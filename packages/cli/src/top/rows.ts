import type { AppStatus, StateName } from "@holdfast/daemon/api";
import { graphRows } from "./graph-rows.ts";
import { type AppId, keyOf, type SortColumn, type TopModel } from "./model.ts";

/** The apps that a list shows, in its order. */
export function visibleApps(model: TopModel): readonly AppStatus[] {
  const { apps, filter, sort } = model;
  const shown = apps.filter((app) => matches(app, filter));
  if (model.view.kind === "graph") return graphRows(shown, model.dependencies).map(({ app }) => app);
  const order = shown.toSorted((a, b) => compare(a, b, sort.by, model) || byName(a, b));
  return sort.reversed ? order.toReversed() : order;
}

/** The row that actions are about. */
export function selectedApp(model: TopModel): AppStatus | undefined {
  return model.apps.find((app) => keyOf(app) === model.selected);
}

/** Where the app of a view is now. */
export function appOf(model: TopModel, of: AppId): AppStatus | undefined {
  const key = keyOf(of);
  return model.apps.find((app) => keyOf(app) === key);
}

function matches(app: AppStatus, filter: string): boolean {
  if (filter === "") return true;
  const text = `${app.project}/${app.name} ${app.state} ${app.group ?? ""}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function compare(a: AppStatus, b: AppStatus, by: SortColumn, model: TopModel): number {
  switch (by) {
    case "name":
      return 0;
    case "state":
      return urgency(a.state) - urgency(b.state);
    case "uptime":
      return a.since < b.since ? -1 : a.since > b.since ? 1 : 0;
    case "restarts":
      return b.restarts - a.restarts;
    case "cpu":
      return usageOf(model, b, "cpus") - usageOf(model, a, "cpus");
    case "memory":
      return usageOf(model, b, "memoryBytes") - usageOf(model, a, "memoryBytes");
  }
}

function usageOf({ usage }: TopModel, app: AppStatus, member: "cpus" | "memoryBytes"): number {
  return usage.get(keyOf(app))?.[member] ?? -1;
}

function byName(a: AppStatus, b: AppStatus): number {
  return compareTexts(a.project, b.project) || compareTexts(a.name, b.name) || a.instance - b.instance;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What needs a look comes first. */
function urgency(state: StateName): number {
  const order: readonly StateName[] = [
    "failed",
    "unknown",
    "backoff",
    "stopping",
    "restarting",
    "removing",
    "installing",
    "starting",
    "running",
    "completed",
    "stopped",
  ];
  return order.indexOf(state);
}
