import type { AppStatus } from "@holdfast/daemon/api";
import { RpcError } from "@holdfast/rpc";
import type { Daemon } from "../connection/local-daemon.ts";

/** The apps of a project, or of all; none of a project that the daemon does not know. */
export async function listApps(daemon: Daemon, project: string | undefined): Promise<readonly AppStatus[]> {
  try {
    return await daemon.call("apps.list", project === undefined ? {} : { project });
  } catch (error) {
    if (error instanceof RpcError && error.code === "NOT_FOUND") return [];
    throw error;
  }
}
