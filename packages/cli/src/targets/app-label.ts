import type { AppStatus } from "@holdfast/daemon/api";

/** True for an app that nothing will start again unless somebody asks. */
export function hasEnded({ state, operation, next }: AppStatus): boolean {
  return (
    (state === "stopped" || state === "completed" || state === "failed") &&
    operation === null &&
    next === null
  );
}

/** `appLabel` of any of many apps, which are looked through once. */
export function appLabels(apps: readonly AppStatus[]): (app: AppStatus) => string {
  const counts = new Map<string, number>();
  const keyOf = ({ project, name }: AppStatus): string => `${project}/${name}`;
  for (const app of apps) counts.set(keyOf(app), (counts.get(keyOf(app)) ?? 0) + 1);
  return (app) => ((counts.get(keyOf(app)) ?? 0) > 1 ? `${app.name}.${app.instance}` : app.name);
}

/** `web`, or `web.2` where the app has several instances among `apps`. */
export function appLabel(app: AppStatus, apps: readonly AppStatus[]): string {
  const several = apps.some(
    (other) => other.project === app.project && other.name === app.name && other.instance !== app.instance,
  );
  return several ? `${app.name}.${app.instance}` : app.name;
}
