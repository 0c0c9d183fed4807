import type { ProjectSpec } from "@holdfast/daemon";
import type { Plan } from "@holdfast/daemon/api";
import { planApply } from "@holdfast/daemon/plan";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { PlanOptions } from "../command-line/options.ts";
import { tryConnect } from "../connection/connect.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { checkNames } from "../manifest/check-names.ts";
import { loadManifest } from "../manifest/load-manifest.ts";
import { planText } from "../terminal/plan-text.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";

/** `holdfast plan`. */
export async function plan({ names, options, cli }: Invocation<PlanOptions>): Promise<ExitCode> {
  const { spec } = loadManifest(cli, {
    files: options.file,
    projectName: options["project-name"],
    profiles: options.profile,
  });
  checkNames(names, spec);
  const found = await makePlan(cli, spec, names, options["remove-orphans"] === true);
  const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
  cli.stdout.write(options.json === true ? `${JSON.stringify(found)}\n` : planText(found, style));
  return options["exit-code"] === true && found.hasChanges ? exitCodes.failed : exitCodes.done;
}

async function makePlan(
  cli: CliEnvironment,
  spec: ProjectSpec,
  names: readonly string[],
  removeOrphans: boolean,
): Promise<Plan> {
  const request = { spec, ...(names.length > 0 && { names }), ...(removeOrphans && { removeOrphans }) };
  const daemon = await tryConnect(cli);
  if (daemon === undefined) {
    // A look starts nothing, and only a daemon that runs knows what is there.
    cli.stderr.write(
      "no daemon is running: up starts one, and what an earlier one kept is not counted here\n",
    );
    return planApply(new Map(), request);
  }
  try {
    return await daemon.call("apps.plan", request);
  } finally {
    daemon.close();
  }
}
