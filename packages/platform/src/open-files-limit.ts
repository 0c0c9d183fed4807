import { readFileSync } from "node:fs";

/** How many files this process may have open; Node raises it to the hard limit when it starts. Undefined if unknown. */
export function openFilesLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
