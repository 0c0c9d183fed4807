import type { ProjectSpec } from "@holdfast/daemon";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { UpOptions } from "../command-line/options.ts";
import { type Daemon, tryAnswering } from "../connection/local-daemon.ts";
import { startDaemon } from "../connection/start-daemon.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { checkNames } from "../manifest/check-names.ts";
import { loadManifest } from "../manifest/load-manifest.ts";
import { Interrupts } from "../up/interrupts.ts";
import { UpOutput } from "../up/up-output.ts";
import { UpSession } from "../up/up-session.ts";

/** `holdfast up`. */
export async function up({ names, options, cli }: Invocation<UpOptions>): Promise<ExitCode> {
  // Before anything is started: a Ctrl-C must find somebody who cleans up.
  const interrupts = new Interrupts(cli);
  try {
    const loaded = loadManifest(cli, {
      files: options.file,
      projectName: options["project-name"],
      profiles: options.profile,
    });
    const spec = options["abort-on-exit"] === true ? { ...loaded.spec, abortOnExit: true } : loaded.spec;
    checkNames(names, spec);
    checkRunners(cli, spec);
    if (interrupts.asked.isCancelled) return exitCodes.done;
    const detach = options.detach === true;
    const { daemon, started } = await reachDaemon(cli, interrupts, { onDemand: !detach });
    try {
      const output = new UpOutput(cli, spec, {
        prefix: options["no-log-prefix"] !== true,
        timestamps: options.timestamps === true,
        raw: options.raw === true,
      });
      const removeOrphans = options["remove-orphans"] === true;
      const request = { spec, names, detach, removeOrphans, startedDaemon: started };
      return await new UpSession(cli, daemon, request, interrupts, output).run();
    } finally {
      daemon.close();
    }
  } finally {
    interrupts.release();
  }
}

/** Told before a daemon is started for nothing; the daemon refuses them too. */
function checkRunners(cli: CliEnvironment, { apps }: ProjectSpec): void {
  const container = apps.find(({ runner }) => runner.kind === "container");
  if (container === undefined) return;
  const { file, line, column } = container.source;
  const image = container.runner.kind === "container" ? container.runner.image : undefined;
  const what = image === undefined ? "a container" : `a container (${image})`;
  cli.stderr.write(
    `${file}:${line}:${column}: ${container.name} is ${what}, and this version runs processes only\n`,
  );
  throw new CommandError(exitCodes.usage, "the manifest needs what is not there yet; nothing was started");
}

/** Connects to the daemon, or starts one. A start that is under way is waited for: only so it can be ended in order. */
async function reachDaemon(
  cli: CliEnvironment,
  interrupts: Interrupts,
  options: { readonly onDemand: boolean },
): Promise<{ readonly daemon: Daemon; readonly started: boolean }> {
  const there = await tryAnswering(cli);
  if (there !== undefined) return { daemon: there, started: false };
  const starting = startDaemon(cli, options);
  const release = interrupts.forced.onCancel(() => starting.kill());
  try {
    return { daemon: await starting.ready, started: true };
  } finally {
    release();
  }
}
