import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "./process/identity.ts";
import { scanProcesses } from "./process/proc-scan.ts";
import type { RunDirectory } from "./run-directory.ts";

/** A run whose record was torn, and is whole again. */
export interface RepairedRecord {
  readonly cookie: string;
  readonly pid: number;
}

/**
 * Writes the pid records of these runs anew, as far as a program carries their cookie: `settled()` names those whose
 * record is torn, by a full disk or by damage. Without that a program that runs would be taken for one that never
 * began, and be started beside itself. Reads `/proc` only when there is one.
 */
export function repairRecords(
  directory: Pick<RunDirectory, "path">,
  torn: readonly string[],
): readonly RepairedRecord[] {
  if (torn.length === 0) return [];
  const leaders = leadersByCookie();
  return torn.flatMap((cookie) => {
    const leader = leaders.get(cookie);
    if (leader === undefined) return [];
    try {
      writeFileSync(join(directory.path, `${cookie}.pid`), `${leader.pid} ${leader.startTime}\n`);
      return [{ cookie, pid: leader.pid }];
    } catch {
      // A disk that has no room for it has none for a launch either.
      return [];
    }
  });
}

/** The program of a run leads a session, as does what it may have started in one later. */
function leadersByCookie(): ReadonlyMap<string, Pick<ProcessIdentity, "pid" | "startTime">> {
  const leaders = new Map<string, Pick<ProcessIdentity, "pid" | "startTime">>();
  for (const { pid, session, startTime, cookie } of scanProcesses().values()) {
    if (cookie === undefined || pid !== session) continue;
    const known = leaders.get(cookie);
    if (known === undefined || startTime < known.startTime) leaders.set(cookie, { pid, startTime });
  }
  return leaders;
}
