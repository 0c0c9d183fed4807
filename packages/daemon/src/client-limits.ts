import { openFilesLimit } from "@holdfast/platform";

/** The most clients at once on each door: who comes after that is turned away. */
export interface ClientLimits {
  readonly socket: number;
  readonly http: number;
}

/** What the daemon itself needs: its own files, and those it opens for a moment to read records, logs and `/proc`. */
const reservedFiles = 40;

const most = 1_000;
const least = 4;

/** Shares out the open files that the system allows: clients never take those that keep the apps up. */
export function clientLimits(openFiles: number | undefined = openFilesLimit()): ClientLimits {
  if (openFiles === undefined) return { socket: most, http: most };
  const each = Math.floor((openFiles - reservedFiles) / 2);
  const limit = Math.max(least, Math.min(most, each));
  return { socket: limit, http: limit };
}
