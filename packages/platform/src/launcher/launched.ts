import { bootId, type ProcessIdentity, processIdentity } from "../process/identity.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { RunRecord } from "../run-record.ts";
import type { LaunchRequest } from "./launcher.ts";
import { spawnFailed } from "./spawn-failed.ts";

/** What the first complete record of a launch means: who runs, or a `SPAWN_FAILED` that leaves no record behind. */
export function launched(
  request: LaunchRequest,
  record: RunRecord,
  runDirectory: RunDirectory,
): ProcessIdentity {
  const { pid, startTime, exit } = record;
  if (exit?.kind === "spawn-failed") {
    runDirectory.remove(request.cookie);
    throw spawnFailed(request, { phase: exit.phase, errno: exit.errno, error: exit.error });
  }
  // Only `lost` comes without a pid: the keeper and the program went together.
  if (pid === undefined) throw spawnFailed(request, { phase: "keeper", errno: 0, error: "UNKNOWN" });
  if (startTime !== undefined) return { pid, startTime, bootId: bootId() };
  // It may be gone again already; nothing that runs started at 0, so nobody is ever taken for it.
  return processIdentity(pid) ?? { pid, startTime: 0, bootId: bootId() };
}
