import type { BrowserSession } from "@holdfast/daemon/api";
import type { Invocation } from "../command-line/invocation.ts";
import type { SessionsOptions } from "../command-line/look-options.ts";
import { connect } from "../connection/connect.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { tableLines } from "../terminal/table.ts";

/** `holdfast sessions [list|revoke ID…]`: the browsers that were let in. */
export async function sessions({ names, options, cli }: Invocation<SessionsOptions>): Promise<ExitCode> {
  const [action = "list", ...ids] = names;
  if (action !== "list" && action !== "revoke") {
    throw new CommandError(exitCodes.usage, `sessions cannot ${action}`, {
      remedy: "holdfast sessions lists them, holdfast sessions revoke ID… ends some",
    });
  }
  if ((action === "revoke") !== ids.length > 0) {
    throw new CommandError(
      exitCodes.usage,
      `sessions ${action} ${ids.length > 0 ? "takes no" : "needs an"} ID`,
      {
        remedy: "holdfast sessions lists them with their IDs",
      },
    );
  }
  const daemon = await connect(cli);
  try {
    await daemon.call("system.info", { settled: true });
    if (action === "revoke") return await revoke(daemon, ids, (text) => cli.stderr.write(text));
    const found = await daemon.call("sessions.list", {});
    if (options.json === true) cli.stdout.write(`${JSON.stringify(found)}\n`);
    else if (found.length === 0)
      cli.stderr.write("No browser is logged in. holdfast dashboard lets one in.\n");
    else {
      const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
      const lines = tableLines(columns, found.map(row), { paintTitle: style.dim });
      cli.stdout.write(`${lines.join("\n")}\n`);
    }
    return exitCodes.done;
  } finally {
    daemon.close();
  }
}

async function revoke(
  daemon: Daemon,
  ids: readonly string[],
  tell: (text: string) => void,
): Promise<ExitCode> {
  for (const id of ids) {
    await daemon.call("sessions.revoke", { id });
    tell(`${id} is logged out\n`);
  }
  return exitCodes.done;
}

const columns = ["ID", "ROLE", "SINCE", "UNTIL"].map((title) => ({ title }));

function row({ id, role, since, until }: BrowserSession): readonly { readonly text: string }[] {
  return [id, role, since, until].map((text) => ({ text }));
}
