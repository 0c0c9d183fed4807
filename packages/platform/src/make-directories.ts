import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and what is missing above it; what is there already is left as it is. Throws what the system throws.
 * `mkdirSync` with `recursive` never returns below a directory that takes no entries, such as `/proc` or a `/sys/fs/cgroup` where no
 * cgroups are mounted.
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path || existsSync(dirname(path))) throw error;
    makeDirectories(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}
