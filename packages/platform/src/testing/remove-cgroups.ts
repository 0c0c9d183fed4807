import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { shortHash } from "../short-hash.ts";

/** Removes the empty cgroups that a killed daemon of this home left, which the next one would have cleared away. */
export function removeCgroups(home: string): void {
  const mounts = ["/sys/fs/cgroup", ...directoriesOf("/sys/fs/cgroup")].filter(
    (path) => !path.includes("holdfast-"),
  );
  // Whoever starts a daemon is in the same cgroups as the daemon is.
  const own = readFileSync("/proc/self/cgroup", "latin1").matchAll(/^\d+:[^:]*:(.*)$/gm);
  const within = new Set(Array.from(own, ([, path = "/"]) => path));
  for (const mount of mounts) {
    for (const path of within) removeEmpty(join(mount, path, `holdfast-${shortHash(home)}`));
  }
}

function removeEmpty(path: string): void {
  for (const below of directoriesOf(path)) removeEmpty(below);
  try {
    rmdirSync(path);
  } catch {
    // It was never there, or something is in it.
  }
}

function directoriesOf(path: string): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch {
    return [];
  }
}
