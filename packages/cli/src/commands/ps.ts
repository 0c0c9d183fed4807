import type { AppStatus } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { PsOptions } from "../command-line/options.ts";
import { connect } from "../connection/connect.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { listApps } from "../targets/list-apps.ts";
import { isTarget, resolveTargets } from "../targets/resolve-targets.ts";
import { psTable } from "../terminal/ps-table.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";

/** `holdfast ps`. */
export async function ps({ names, options, cli }: Invocation<PsOptions>): Promise<ExitCode> {
  const daemon = await connect(cli);
  try {
    const project = options.all === true ? undefined : await currentProject(cli, options["project-name"]);
    const select = async (): Promise<readonly AppStatus[]> => await selected(daemon, names, project);
    if (options.watch === true) {
      const { watchApps } = await import("../terminal/watch-apps.ts");
      return await watchApps(cli, daemon, select, options.json === true);
    }
    const apps = await select();
    if (options.json === true) cli.stdout.write(`${JSON.stringify(apps)}\n`);
    else printTable(cli, apps, project);
    return exitCodes.done;
  } finally {
    daemon.close();
  }
}

async function selected(
  daemon: Daemon,
  names: readonly string[],
  project: string | undefined,
): Promise<readonly AppStatus[]> {
  if (names.length === 0) return await listApps(daemon, project);
  const apps = await daemon.call("apps.list", {});
  const targets = resolveTargets(names, apps, project);
  return apps.filter((app) => targets.some((target) => isTarget(app, target)));
}

function printTable(cli: CliEnvironment, apps: readonly AppStatus[], project: string | undefined): void {
  const { stdout, stderr, clock, variables } = cli;
  if (apps.length === 0) {
    const of = project === undefined ? "" : ` of project ${project}`;
    const remedy = project === undefined ? "" : ", and holdfast ps --all lists those of other projects";
    stderr.write(`The daemon knows no app${of}. holdfast up starts those of a manifest${remedy}.\n`);
    return;
  }
  const style = makeStyle(wantsColour(stdout.isTerminal, variables));
  const lines = psTable(apps, {
    style,
    now: clock.now(),
    ...(stdout.isTerminal && { width: stdout.columns }),
  });
  stdout.write(`${lines.join("\n")}\n`);
}
