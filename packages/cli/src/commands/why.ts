import type { Why } from "@holdfast/daemon/api";
import type { Invocation } from "../command-line/invocation.ts";
import type { WhyOptions } from "../command-line/look-options.ts";
import { parseCount } from "../command-line/times.ts";
import { connect } from "../connection/connect.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { resolveTargets } from "../targets/resolve-targets.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { whyLines } from "../terminal/why-text.ts";

/** As many lines of output are told at most. */
const mostLines = 1_000;

/** `holdfast why APP`: why an app is as it is, back to what that began with. */
export async function why({ names, options, cli }: Invocation<WhyOptions>): Promise<ExitCode> {
  if (names.length === 0) {
    throw new CommandError(exitCodes.usage, "why needs the name of an app", {
      remedy: "holdfast ps lists the apps",
    });
  }
  const lines = options.lines === undefined ? undefined : (parseCount("-n", options.lines) ?? mostLines);
  const project = await currentProject(cli, options["project-name"]);
  const daemon = await connect(cli);
  try {
    const targets = resolveTargets(names, await daemon.call("apps.list", {}), project);
    const ofLines = lines === undefined ? {} : { lines: Math.min(lines, mostLines) };
    const found = await Promise.all(
      targets.map((target) => daemon.call("apps.why", { ...target, ...ofLines })),
    );
    const whys: readonly Why[] = found.flat();
    if (options.json === true) {
      cli.stdout.write(`${JSON.stringify(whys)}\n`);
      return exitCodes.done;
    }
    const { isTerminal, columns } = cli.stdout;
    const format = {
      style: makeStyle(wantsColour(isTerminal, cli.variables)),
      now: cli.clock.now(),
      ...(isTerminal && { width: columns }),
    };
    cli.stdout.write(`${whys.map((each) => whyLines(each, format).join("\n")).join("\n\n")}\n`);
    return exitCodes.done;
  } finally {
    daemon.close();
  }
}
