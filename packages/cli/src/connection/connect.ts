import type { Methods } from "@holdfast/daemon/api";
import { connectUnixSocket, lockHolder } from "@holdfast/platform";
import { type Client, createClient } from "@holdfast/rpc";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { homeOf, socketOf } from "./home.ts";

/** A log can be long. */
const longestReply = 64 * 1_024 * 1_024;

export type Daemon = Client<Methods>;

/** The daemon of this home; throws `CommandError` with exit code 69 where none can be reached. */
export async function connect(cli: CliEnvironment): Promise<Daemon> {
  const daemon = await tryConnect(cli);
  if (daemon !== undefined) return daemon;
  const pid = lockHolder({ path: homeOf(cli) });
  if (pid !== undefined) throw unreachable(cli, pid);
  throw new CommandError(exitCodes.noDaemon, `no daemon is running for ${homeOf(cli)}`, {
    remedy: "start one: holdfast up, or holdfast daemon start",
  });
}

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
export async function tryConnect(cli: CliEnvironment): Promise<Daemon | undefined> {
  const socket = socketOf(cli);
  try {
    return createClient<Methods>(await connectUnixSocket(socket, { maxLineBytes: longestReply }), {
      clock: cli.clock,
    });
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
