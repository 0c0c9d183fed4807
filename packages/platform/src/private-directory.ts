import { chmodSync, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { HoldfastError } from "@holdfast/runtime";
import { makeDirectories } from "./make-directories.ts";

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
  makeDirectories(path, 0o700);
  if (followLink) closeWhileEmpty(path);
  const stat = followLink ? statSync(path) : lstatSync(path);
  const problem = problemOf(path, stat);
  if (!problem) return;
  throw new HoldfastError("UNSAFE_DIRECTORY", `${path} ${say(problem.why, stat)}; ${problem.remedy}`, {
    details: problem,
  });
}

/** What somebody has just made for us with mkdir, and that holds nothing yet, need not be refused for its mode. */
function closeWhileEmpty(path: string): void {
  const stat = statSync(path);
  const isOpen = (stat.mode & 0o077) !== 0;
  if (isOpen && stat.isDirectory() && stat.uid === process.getuid?.() && readdirSync(path).length === 0) {
    chmodSync(path, 0o700);
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
