import type { Methods } from "@holdfast/daemon/api";
import { connectUnixSocket, type LineChannel } from "@holdfast/platform";
import { type Client, createClient, RpcError } from "@holdfast/rpc";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { socketOf } from "./home.ts";

/** A log can be long. */
const longestReply = 64 * 1_024 * 1_024;

/** How often to look for a daemon that comes or goes. */
export const lookMs = 4;
/** No process that was killed takes longer to be gone. */
const dyingLimitMs = 5_000;

export type Daemon = Client<Methods>;

/** A daemon that lives and cannot be spoken to: its socket was removed. */
export function unreachable(
  cli: CliEnvironment,
  pid: number,
  code: ExitCode = exitCodes.noDaemon,
): CommandError {
  const socket = socketOf(cli);
  return new CommandError(code, `the daemon with pid ${pid} runs, but its socket ${socket} is gone`, {
    remedy: `kill -9 ${pid} and holdfast daemon start: the apps run on, and the new daemon takes them over`,
  });
}

/** The daemon of this home, or undefined where none listens. */
export async function tryLocal(cli: CliEnvironment): Promise<Daemon | undefined> {
  const socket = await openSocket(cli);
  return socket && createClient<Methods>(socket, { clock: cli.clock });
}

/**
 * The daemon of this home once it has answered, or undefined where none listens. One that was just killed takes
 * connections until its last instant, and answers none of them.
 */
export async function tryAnswering(cli: CliEnvironment): Promise<Daemon | undefined> {
  const deadline = cli.clock.monotonic() + dyingLimitMs;
  for (;;) {
    const daemon = await tryLocal(cli);
    if (daemon === undefined) return undefined;
    try {
      await daemon.call("system.info", {});
      return daemon;
    } catch (error) {
      daemon.close();
      if (!isEnding(error) || cli.clock.monotonic() > deadline) throw error;
    }
    await cli.clock.sleep(lookMs);
  }
}

/** Whether a call failed because the daemon is on its way out. */
export function isEnding(error: unknown): boolean {
  return error instanceof RpcError && (error.code === "CONNECTION_CLOSED" || error.code === "SHUTTING_DOWN");
}

/** A connection to the daemon of this home, or undefined where none listens. */
export async function openSocket(cli: CliEnvironment): Promise<LineChannel | undefined> {
  const socket = socketOf(cli);
  try {
    return await connectUnixSocket(socket, { maxLineBytes: longestReply });
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return undefined;
    throw new CommandError(exitCodes.noDaemon, `the daemon's socket ${socket} cannot be used: ${message}`, {
      ...(code === "EACCES" && {
        remedy: "it belongs to another user; set HOLDFAST_HOME to a directory of yours",
      }),
      cause: error,
    });
  }
}
