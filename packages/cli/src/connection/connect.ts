import { lockHolder } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { homeOf } from "./home.ts";
import { type Daemon, tryLocal, unreachable } from "./local-daemon.ts";

/**
 * The daemon of this home, or of the machine that `--node` names; throws `CommandError` with exit code 69 where none can
 * be reached.
 */
export async function connect(cli: CliEnvironment): Promise<Daemon> {
  const daemon = await tryConnect(cli);
  if (daemon !== undefined) return daemon;
  const pid = lockHolder({ path: homeOf(cli) });
  if (pid !== undefined) throw unreachable(cli, pid);
  throw new CommandError(exitCodes.noDaemon, `no daemon is running for ${homeOf(cli)}`, {
    remedy: "start one: holdfast up, or holdfast daemon start",
  });
}

/** The daemon of this home, or undefined where none listens; with `--node` that of the other machine. */
export async function tryConnect(cli: CliEnvironment): Promise<Daemon | undefined> {
  if (cli.node === undefined) return await tryLocal(cli);
  return await (await import("./connect-node.ts")).connectNode(cli, cli.node);
}
