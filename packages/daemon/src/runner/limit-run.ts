import type { LimitGroup, LimitHome, Limits } from "@holdfast/platform";
import { HoldfastError } from "@holdfast/runtime";
import type { AppLimits } from "../spec/app-spec.ts";
import type { LimitName, RunRequest } from "./runner.ts";

/** What an app that says nothing of it may have of processes and threads: so many that only a fork bomb wants more. */
export const defaultPids = 512;

const nameOf = { memoryBytes: "memory", cpus: "cpus", pids: "pids" } as const;

/** Makes what limits a run, and says which limits that its manifest asks for are not enforced. */
export function limitRun(
  home: LimitHome | undefined,
  { cookie, limits }: Pick<RunRequest, "cookie" | "limits">,
): { readonly group: LimitGroup | undefined; readonly notEnforced: readonly LimitName[] } {
  const { enforce: _, ...asked } = limits ?? { enforce: "warn" };
  const names = Object.keys(asked) as (keyof Limits)[];
  if (home === undefined) return { group: undefined, notEnforced: names.map((name) => nameOf[name]) };
  const { group, missing } = home.create(cookie, { pids: defaultPids, ...asked });
  return {
    group,
    notEnforced: names.filter((name) => missing.includes(name)).map((name) => nameOf[name]),
  };
}

/** Throws `START_FAILED` where the manifest requires what is not there. */
export function refuseUnenforced(limits: AppLimits | undefined, notEnforced: readonly LimitName[]): void {
  if (limits?.enforce !== "require" || notEnforced.length === 0) return;
  throw new HoldfastError("START_FAILED", `${notEnforcedText(notEnforced)}, and limits.enforce is require`);
}

/** `its memory limit is not enforced: the daemon may not use such a cgroup here`. */
export function notEnforcedText(names: readonly LimitName[]): string {
  const [what, is, cgroup] =
    names.length === 1 ? ["limit", "is", "such a cgroup"] : ["limits", "are", "such cgroups"];
  return `its ${names.join(" and ")} ${what} ${is} not enforced: the daemon may not use ${cgroup} here`;
}
