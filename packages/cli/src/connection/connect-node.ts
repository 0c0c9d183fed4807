/** The daemon of another machine, by way of this one's, which has the key and the mailbox. */

import type { Methods } from "@holdfast/daemon/api";
import { openTunnel } from "@holdfast/daemon/tunnel";
import type { LineChannel } from "@holdfast/platform";
import { createClient, RpcError } from "@holdfast/rpc";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { connectOrStart } from "./connect-or-start.ts";
import { type Daemon, openSocket } from "./local-daemon.ts";

/** After so long it is said what is waited for. */
const patienceMs = 1_000;

/** Throws `CommandError` with exit code 69 where the other machine cannot be reached. */
export async function connectNode(cli: CliEnvironment, node: string): Promise<Daemon> {
  const { node: _, ...here } = cli;
  const socket = (await openSocket(here)) ?? (await startedSocket(here));
  const timer = cli.clock.setTimeout(() => cli.stderr.write(`waiting for ${node}…\n`), patienceMs);
  try {
    return createClient<Methods>(await openTunnel(socket, node), { clock: cli.clock });
  } catch (error) {
    throw told(error);
  } finally {
    cli.clock.clearTimeout(timer);
  }
}

async function startedSocket(cli: CliEnvironment): Promise<LineChannel> {
  (await connectOrStart(cli)).close();
  const socket = await openSocket(cli);
  if (socket !== undefined) return socket;
  throw new CommandError(exitCodes.noDaemon, "the daemon of this machine has ended again", {
    remedy: "its output is in daemon.log of its home",
  });
}

function told(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  switch (error.code) {
    case "NODE_UNREACHABLE":
    case "CONNECTION_CLOSED":
      return new CommandError(exitCodes.noDaemon, error.message, {
        remedy: "holdfast remote says how it stands with the relay",
        cause: error,
      });
    case "METHOD_NOT_FOUND":
      return new CommandError(
        exitCodes.failed,
        "the daemon of this machine knows nothing of other machines",
        {
          remedy: "holdfast daemon stop --keep-apps, then holdfast daemon start, runs this version",
          cause: error,
        },
      );
    default:
      return error;
  }
}
