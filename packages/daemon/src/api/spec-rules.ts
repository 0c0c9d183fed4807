/** What a spec must be beyond its shape, so that whatever is accepted can be carried out. Pure. */
import { constants } from "node:os";
import { Cron } from "croner";
import { waitingForEachOther } from "../apps/dependencies.ts";
import type { ProjectSpec } from "../spec/app-spec.ts";

/** About thirty years: with any time of today it is still a time. */
export const longestMs = 1e12;

/** No system takes a NUL in an argument, a path or a variable. */
export function hasNoNul(text: string): boolean {
  return !text.includes("\0");
}

export function isVariableName(name: string): boolean {
  return name !== "" && !name.includes("=") && hasNoNul(name);
}

/** A stop with a signal that does not exist would stop nothing. */
export function isSignal(name: string): boolean {
  return Object.hasOwn(constants.signals, name);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function isCron(pattern: string): boolean {
  try {
    new Cron(pattern, { paused: true });
    return true;
  } catch {
    return false;
  }
}

/** True when each app is of this project and has a name of its own. */
export function isConsistent({ name, apps }: Pick<ProjectSpec, "name" | "apps">): boolean {
  return (
    apps.every((app) => app.project === name) && new Set(apps.map((app) => app.name)).size === apps.length
  );
}

/** Apps that wait for each other would neither start nor stop. */
export function hasNoCycle({ apps }: Pick<ProjectSpec, "apps">): boolean {
  return waitingForEachOther(apps).length === 0;
}
