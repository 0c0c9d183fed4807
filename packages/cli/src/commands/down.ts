import type { Target } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { DownOptions } from "../command-line/options.ts";
import { parseTimeout } from "../command-line/times.ts";
import { connect } from "../connection/connect.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { hasEnded } from "../targets/app-label.ts";
import { currentProject } from "../targets/current-project.ts";
import { listApps } from "../targets/list-apps.ts";
import { ProgressLine, withProgress } from "../terminal/progress-line.ts";

/** `holdfast down`: every app of the project, all at once for the daemon, which keeps the order. */
export async function down({ options, cli }: Invocation<DownOptions>): Promise<ExitCode> {
  const timeoutMs = options.timeout === undefined ? undefined : parseTimeout(options.timeout);
  const project = await projectOf(cli, options.file, options["project-name"]);
  const daemon = await connect(cli);
  try {
    const apps = (await listApps(daemon, project)).filter((app) => !hasEnded(app));
    if (apps.length === 0) {
      cli.stderr.write(`nothing of project ${project} runs\n`);
      return exitCodes.done;
    }
    const targets: readonly Target[] = [{ project }];
    const line = new ProgressLine(cli.stderr);
    // Before they are stopped: the first may be gone before anybody listens.
    const subscription = await daemon.subscribe("events.follow", { project }, ({ app, message }) => {
      if (app !== null && app.state !== "stopping") line.around(() => cli.stderr.write(`${message}\n`));
    });
    const begun = await daemon.call(
      "apps.stop",
      timeoutMs === undefined ? { targets } : { targets, timeoutMs },
    );
    const waiting = daemon.call("operations.wait", { ids: begun.map(({ id }) => id) });
    const ended = await withProgress(cli, daemon, line, project, waiting);
    await subscription.cancel();
    const failures = ended.filter(({ state }) => state === "failed");
    for (const { name, error } of failures) {
      cli.stderr.write(`holdfast: ${error ?? `${name} could not be stopped`}\n`);
    }
    return failures.length === 0 ? exitCodes.done : exitCodes.failed;
  } finally {
    daemon.close();
  }
}

/** The manifest is read only where a file is named: one that has become wrong must not keep its apps running. */
async function projectOf(
  cli: CliEnvironment,
  files: readonly string[] | undefined,
  named: string | undefined,
): Promise<string> {
  if (files !== undefined && named === undefined) {
    const { loadManifest } = await import("../manifest/load-manifest.ts");
    return loadManifest(cli, { files }).spec.name;
  }
  const project = await currentProject(cli, named);
  if (project !== undefined) return project;
  throw new CommandError(exitCodes.usage, "there is no manifest in this directory", {
    remedy: "name one with -f FILE, or the project with -p NAME",
  });
}
