import { spawnSync } from "node:child_process";

/** What a test of this machine lacks, as its reason to be skipped; undefined when nothing. */
export function lacking(
  ...needed: readonly (
    | "root"
    | "strace"
    | "prlimit"
    | "unshare"
    | "nsenter"
    | "mount"
    | "mkfs.ext4"
    | "faketime"
  )[]
): string | undefined {
  const missing = needed.find((each) => !isThere(each));
  return missing === undefined ? undefined : `skipped: needs ${missing}`;
}

function isThere(needed: string): boolean {
  if (needed === "root") return process.getuid?.() === 0;
  return spawnSync("/bin/sh", ["-c", `command -v ${needed}`]).status === 0;
}
