import { accessSync, constants, existsSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "@holdfast/runtime";
import { makeDirectories } from "../make-directories.ts";
import { Cgroup, type CgroupHome } from "./cgroup.ts";
import { controllerOf, type LimitName, type Limits, limitWrites } from "./limits.ts";

/** Where the cgroups lie that enforce one limit. */
interface LimitPlace {
  readonly version: 1 | 2;
  /** The directory with one cgroup for each run. */
  readonly path: string;
}

/** What became of limits that were asked for. */
export interface Limited {
  readonly group: LimitGroup;
  /** Those that nothing enforces. */
  readonly missing: readonly LimitName[];
}

/** The cgroups that limit one run: the run's own (v2), and one in each hierarchy of v1 that has the controller. */
export class LimitGroup {
  /** Those of v1: a process joins them beside the run's own. */
  readonly paths: readonly string[];
  readonly #memory: string | undefined;
  readonly #pids: string | undefined;

  constructor(paths: readonly string[], memory: string | undefined, pids: string | undefined) {
    this.paths = paths;
    this.#memory = memory;
    this.#pids = pids;
  }

  /** How many of its processes the kernel killed because the memory was used up. */
  get oomKills(): number {
    if (this.#memory === undefined) return 0;
    return (
      counter(join(this.#memory, "memory.events"), "oom_kill") ??
      counter(join(this.#memory, "memory.oom_control"), "oom_kill") ??
      0
    );
  }

  /** How many forks failed because there were as many processes as there may be. */
  get refusedForks(): number {
    return this.#pids === undefined ? 0 : (counter(join(this.#pids, "pids.events"), "max") ?? 0);
  }

  /** Removes those of v1 once they are empty. */
  async remove(clock: Clock): Promise<void> {
    await Promise.all(this.paths.map((path) => new Cgroup(path).remove(clock)));
  }
}

/** Where the runs of one home are limited, for each limit that can be enforced on this machine. */
export class LimitHome {
  readonly #places: ReadonlyMap<LimitName, LimitPlace>;
  readonly #name: string;

  constructor(places: ReadonlyMap<LimitName, LimitPlace>, name: string) {
    this.#places = places;
    this.#name = name;
  }

  /** True where the kernel can be told to enforce it. */
  has(name: LimitName): boolean {
    return this.#places.has(name);
  }

  /** Makes what limits a run, before its first process. What cannot be enforced is `missing`. */
  create(cookie: string, limits: Limits): Limited {
    const missing: LimitName[] = [];
    const paths = new Set<string>();
    const at = new Map<LimitName, string>();
    for (const [name, value] of limitsIn(limits)) {
      const place = this.#places.get(name);
      const path = place && join(place.path, cookie);
      if (place === undefined || path === undefined || !enforce(path, name, value, place.version)) {
        missing.push(name);
        if (place?.version === 1 && path !== undefined && ![...at.values()].includes(path)) removeEmpty(path);
        continue;
      }
      at.set(name, path);
      if (place.version === 1) paths.add(path);
    }
    return { group: new LimitGroup([...paths], at.get("memoryBytes"), at.get("pids")), missing };
  }

  /** What limits a run that an earlier daemon began, maybe elsewhere: then only a process of the run can tell. */
  find(cookie: string, pid?: number): LimitGroup {
    const found = (name: LimitName): string | undefined => {
      const place = this.#places.get(name);
      const path = place && join(place.path, cookie);
      if (path !== undefined && existsSync(path)) return path;
      const other = pid === undefined ? undefined : v1Path(pid, controllerOf[name]);
      const ours = other && basename(other) === cookie && basename(dirname(other)) === this.#name;
      return ours ? other : undefined;
    };
    const names: readonly LimitName[] = ["memoryBytes", "cpus", "pids"];
    const all = names.map((name) => ({ name, path: found(name), version: this.#places.get(name)?.version }));
    const ofV1 = all.flatMap(({ path, version }) => (path !== undefined && version !== 2 ? [path] : []));
    return new LimitGroup([...new Set(ofV1)], found("memoryBytes"), found("pids"));
  }

  /** Removes the places of v1, as far as no run is left in them. */
  remove(): void {
    for (const { path, version } of this.#places.values()) if (version === 1) removeEmpty(path);
  }
}

/**
 * Looks which limits can be enforced here: by v2 where the controller is delegated to the home's cgroup, else by v1
 * where its hierarchy can be written. `cgroups` is the home's place in v2, if it has one; `name` keeps homes apart.
 */
export function openLimitHome(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  cgroups: CgroupHome | undefined,
): LimitHome {
  const places = new Map<LimitName, LimitPlace>();
  const directory = `holdfast-${name}`;
  if (env["HOLDFAST_CGROUP"] === "off") return new LimitHome(places, directory);
  for (const limit of ["memoryBytes", "cpus", "pids"] as const) {
    const controller = controllerOf[limit];
    if (cgroups !== undefined && delegateController(cgroups.path, controller)) {
      places.set(limit, { version: 2, path: cgroups.path });
      continue;
    }
    const own = v1Path("self", controller);
    if (own === undefined) continue;
    const path = join(own, directory);
    if (canLimit(path, limit)) places.set(limit, { version: 1, path });
  }
  return new LimitHome(places, directory);
}

/**
 * Hands a controller of v2 down to the cgroups below `home`, through its parent. False where that cannot be: the
 * parent was not given it, or has processes of its own.
 */
export function delegateController(home: string, controller: string): boolean {
  return [dirname(home), home].every((path) => {
    try {
      makeDirectories(path);
      const control = join(path, "cgroup.subtree_control");
      const has = (): boolean => readFileSync(control, "latin1").trim().split(" ").includes(controller);
      if (!has()) writeFileSync(control, `+${controller}`);
      return has();
    } catch {
      return false;
    }
  });
}

function canLimit(path: string, name: LimitName): boolean {
  const probe = join(path, `probe-${process.pid}`);
  try {
    makeDirectories(probe);
    accessSync(join(probe, "cgroup.procs"), constants.W_OK);
    for (const { file, optional } of limitWrites(name, 1, 1)) {
      if (optional === undefined) accessSync(join(probe, file), constants.W_OK);
    }
    return true;
  } catch {
    return false;
  } finally {
    removeEmpty(probe);
    removeEmpty(path);
  }
}

function enforce(path: string, name: LimitName, value: number, version: 1 | 2): boolean {
  try {
    makeDirectories(path);
    for (const { file, text, optional } of limitWrites(name, value, version)) {
      try {
        writeFileSync(join(path, file), text);
      } catch (error) {
        if (optional === undefined) throw error;
      }
    }
    return true;
  } catch {
    return false;
  }
}

function limitsIn(limits: Limits): readonly (readonly [LimitName, number])[] {
  const { memoryBytes, cpus, pids } = limits;
  const all: readonly (readonly [LimitName, number | undefined])[] = [
    ["memoryBytes", memoryBytes],
    ["cpus", cpus],
    ["pids", pids],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** The cgroup of a process in the hierarchy of v1 that has a controller. */
function v1Path(pid: number | "self", controller: string): string | undefined {
  let lines: readonly string[];
  try {
    lines = readFileSync(`/proc/${pid}/cgroup`, "latin1").split("\n");
  } catch {
    return undefined;
  }
  for (const line of lines) {
    const [, names, path] = /^\d+:([^:]+):(\/.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined || !names.split(",").includes(controller)) continue;
    // A path with `..` lies outside of what our namespace shows.
    return path.includes("..") ? undefined : join("/sys/fs/cgroup", controller, path);
  }
  return undefined;
}

function counter(file: string, name: string): number | undefined {
  try {
    const found = new RegExp(`^${name} (\\d+)$`, "m").exec(readFileSync(file, "latin1"))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It is not there, or in use.
  }
}
