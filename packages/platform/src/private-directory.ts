import { existsSync, lstatSync, mkdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { HoldfastError } from "@holdfast/runtime";

/** Why a directory cannot hold secrets. `remedy` is a command or a sentence to show. */
export interface UnsafeDirectory {
  readonly path: string;
  readonly why: "owner" | "mode" | "not-a-directory";
  readonly remedy: string;
}

export type UnsafeDirectoryError = HoldfastError<"UNSAFE_DIRECTORY", UnsafeDirectory>;

export interface PrivateDirectoryOptions {
  /** False for a place where strangers may put links, such as `/tmp`. */
  readonly followLink: boolean;
}

/**
 * Makes a directory that is ours alone (0700), or makes sure that it is. Throws `UNSAFE_DIRECTORY`, and what the system
 * throws when it cannot be made.
 */
export function ensurePrivateDirectory(path: string, { followLink }: PrivateDirectoryOptions): void {
  mkdirQuietly(path);
  const stat = followLink ? statSync(path) : lstatSync(path);
  const problem = problemOf(path, stat);
  if (!problem) return;
  throw new HoldfastError("UNSAFE_DIRECTORY", `${path} ${say(problem.why, stat)}; ${problem.remedy}`, {
    details: problem,
  });
}

function mkdirQuietly(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    // What is there instead is judged, and named, below.
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path || existsSync(dirname(path))) throw error;
    // One by one: `recursive` never returns below a directory that takes no entries, such as /proc.
    mkdirQuietly(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

function problemOf(path: string, stat: Stats): UnsafeDirectory | undefined {
  if (!stat.isDirectory())
    return { path, why: "not-a-directory", remedy: "remove it or choose another place" };
  if (stat.uid !== process.getuid?.()) {
    return { path, why: "owner", remedy: "set HOLDFAST_HOME to a directory of your own" };
  }
  if ((stat.mode & 0o077) !== 0) return { path, why: "mode", remedy: `run: chmod 700 ${quote(path)}` };
  return undefined;
}

function say(why: UnsafeDirectory["why"], stat: Stats): string {
  switch (why) {
    case "not-a-directory":
      return "is not a directory";
    case "owner":
      return `belongs to user ${stat.uid}`;
    case "mode":
      return `is open to other users (mode ${(stat.mode & 0o777).toString(8)})`;
  }
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
