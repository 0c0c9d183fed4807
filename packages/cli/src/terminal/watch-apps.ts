import type { AppStatus } from "@holdfast/daemon/api";
import { ShutdownToken } from "@holdfast/runtime";
import type { CliEnvironment, Output } from "../cli-environment.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { wentAway } from "../connection/went-away.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { psTable } from "./ps-table.ts";
import { makeStyle, wantsColour } from "./style.ts";
import { cutToWidth } from "./text-width.ts";

/** Ages grow although nothing happens. */
const refreshMs = 1_000;

/**
 * Prints the apps anew whenever something happened to one, until it is interrupted. An event only says that it is
 * time to look: what is shown comes from `select`.
 */
export async function watchApps(
  cli: CliEnvironment,
  daemon: Daemon,
  select: () => Promise<readonly AppStatus[]>,
  json: boolean,
): Promise<ExitCode> {
  const ended = new ShutdownToken();
  const release = cli.onInterrupt((signal) => void ended.cancel({ kind: "user-requested", signal }));
  let look = new ShutdownToken(ended);
  const wake = (): void => void look.cancel({ kind: "requested-by-run" });
  void daemon.closed.then((error) => ended.cancel({ kind: "fatal", error }));
  const live = cli.stdout.isTerminal && !json;
  let shown = 0;
  let last = "";
  try {
    await daemon.subscribe("events.follow", {}, wake);
    while (!ended.isCancelled) {
      look = ended.childToken();
      const apps = await select();
      const text = json ? JSON.stringify(apps) : tableText(cli, apps);
      if (live || text !== last) {
        if (live) shown = drawOver(cli.stdout, shown, text);
        else cli.stdout.write(`${text}\n`);
        last = text;
      }
      await (live ? cli.clock.sleep(refreshMs, look) : look.cancelled);
    }
  } catch (error) {
    if (!ended.isCancelled) throw error;
  } finally {
    release();
    // Over the `^C` that the terminal shows for the key.
    if (live) cli.stdout.writeAsIs("\r\u001b[K");
  }
  if (ended.reason?.kind === "fatal") {
    throw wentAway(cli, ended.reason.error);
  }
  return exitCodes.done;
}

/**
 * Draws over the lines of the last time, in one update, and says how many there are now: as many as the terminal has
 * room for, none of them wrapped, since what left the screen cannot be drawn over.
 */
function drawOver(output: Output, before: number, text: string): number {
  const all = text.split("\n");
  const room = Math.max(1, output.rows - 2);
  const lines = all.length <= room ? all : [...all.slice(0, room - 1), `… ${all.length - room + 1} more`];
  output.writeAsIs(`\u001b[?2026h${before > 0 ? `\u001b[${before}A` : ""}`);
  for (const line of lines) {
    output.write(cutToWidth(line, output.columns));
    output.writeAsIs("\u001b[K\r\n");
  }
  output.writeAsIs("\u001b[0J\u001b[?2026l");
  return lines.length;
}

function tableText({ stdout, clock, variables }: CliEnvironment, apps: readonly AppStatus[]): string {
  if (apps.length === 0) return "no apps";
  const style = makeStyle(wantsColour(stdout.isTerminal, variables));
  // Without a terminal only changes are printed, and an age is none.
  const now = stdout.isTerminal ? clock.now() : Math.max(...apps.map(({ since }) => Date.parse(since)));
  return psTable(apps, { style, now, ...(stdout.isTerminal && { width: stdout.columns }) }).join("\n");
}
