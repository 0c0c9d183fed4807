import { statfsSync } from "node:fs";

/** With less on the disk nothing new is begun: what follows from it would have to be written too. */
const leastBytes = 256 * 1024;

/**
 * True when there is room in a home for a change. A stop is let through for as long as it can be written at all: it is
 * what may make room.
 */
export function hasRoom(home: string, database: { canWrite(): boolean }, kind: "change" | "stop"): boolean {
  try {
    const { bavail, bsize } = statfsSync(home);
    if (bavail * bsize >= leastBytes) return true;
  } catch {
    // Not every file system says.
    return true;
  }
  return kind === "stop" && database.canWrite();
}
