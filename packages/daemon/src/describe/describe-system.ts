/** The machine that a home is on. */
import { readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SystemDescription } from "../api/contract.ts";

/** Of the file system that `home` is on, and how much of it is the daemon's; null where it cannot be asked. */
export function diskOf(home: string): SystemDescription["disk"] {
  try {
    const { bavail, blocks, bsize } = statfsSync(home);
    const state = readdirSync(home).filter((name) => name.startsWith("state."));
    return {
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      stateBytes: state.reduce((sum, name) => sum + takenBy(join(home, name)), 0),
      logBytes: takenBelow(join(home, "apps")),
    };
  } catch {
    return null;
  }
}

/** When the machine was started, in wall-clock milliseconds; undefined where it does not say. */
export function bootTime(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

/** Blocks and not lengths: logs have holes. */
function takenBy(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}

function takenBelow(directory: string): number {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + takenBy(join(parentPath, name)), 0);
}
