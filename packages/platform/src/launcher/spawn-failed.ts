import { constants } from "node:os";
import { HoldfastError } from "@holdfast/runtime";
import { outputsOf } from "./launch-frame.ts";
import type { LaunchRequest, SpawnFailedError, SpawnFailure } from "./launcher.ts";

/** The error of a launch that failed, saying what was tried and where it ended. */
export function spawnFailed(
  request: LaunchRequest,
  details: SpawnFailure,
  cause?: unknown,
): SpawnFailedError {
  const message = `${request.argv[0]} could not be started: ${explain(request, details)}`;
  return new HoldfastError("SPAWN_FAILED", message, { details, ...(cause !== undefined && { cause }) });
}

/** The same for an error that Node threw or emitted. */
export function spawnFailedBy(request: LaunchRequest, phase: string, cause: unknown): SpawnFailedError {
  return spawnFailed(request, systemFailure(phase, cause), cause);
}

/** What an error of Node says about a failed launch. */
export function systemFailure(phase: string, cause: unknown): SpawnFailure {
  const { code } = cause as { code?: unknown };
  const error = typeof code === "string" ? code : "UNKNOWN";
  const errno: unknown = Reflect.get(constants.errno, error);
  return { phase, errno: typeof errno === "number" ? errno : 0, error };
}

function explain(request: LaunchRequest, { phase, error }: SpawnFailure): string {
  switch (phase) {
    case "exec":
      return error === "ENOENT" ? "no such program" : `it cannot be executed (${error})`;
    case "chdir":
      return `its working directory ${request.cwd} cannot be entered (${error})`;
    case "output":
      return `its output file ${outputsOf(request).join(" or ")} cannot be opened (${error})`;
    case "user":
      return `it cannot become the user ${identityText(request)} (${error})`;
    case "cgroup":
      return `it cannot join its cgroup ${request.cgroups?.join(" or ")} (${error})`;
    case "rlimit":
      return `its ulimits cannot be set (${error})`;
    case "notify":
      return `it cannot be given a NOTIFY_SOCKET (${error})`;
    case "timeout":
      return "nothing was heard of it in time";
  }
  return `${phase} failed (${error})`;
}

function identityText({ user, groups = [] }: LaunchRequest): string {
  const extra = groups.length === 0 ? "" : `with the groups ${groups.join(", ")}`;
  return user === undefined ? extra : extra === "" ? user : `${user} ${extra}`;
}
