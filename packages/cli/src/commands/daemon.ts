import type { WebhookStatus } from "@holdfast/daemon/api";
import { nearest } from "@holdfast/daemon/nearest";
import { lockHolder } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { DaemonOptions } from "../command-line/options.ts";
import { tryConnect } from "../connection/connect.ts";
import { daemonProgram } from "../connection/daemon-program.ts";
import { homeOf } from "../connection/home.ts";
import { type Daemon, tryAnswering, unreachable } from "../connection/local-daemon.ts";
import { shutDown } from "../connection/shut-down.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { safeText } from "../terminal/safe-text.ts";

type DaemonInvocation = Invocation<DaemonOptions>;

const actions: Readonly<Record<string, (invocation: DaemonInvocation) => Promise<ExitCode>>> = {
  run,
  start,
  stop,
  status,
  unit,
};

/** `holdfast daemon [run|start|stop|status|unit]`. */
export async function daemon(invocation: DaemonInvocation): Promise<ExitCode> {
  const name = invocation.names[0] ?? "run";
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return await action(invocation);
  const near = nearest(name, Object.keys(actions));
  throw new CommandError(exitCodes.usage, `daemon cannot ${name}`, {
    remedy: near === undefined ? `it can ${Object.keys(actions).join(", ")}` : `did you mean ${near}?`,
  });
}

async function run({ options, cli }: DaemonInvocation): Promise<ExitCode> {
  const { runDaemonHere } = await import("../connection/run-daemon.ts");
  return await runDaemonHere(cli, { onDemand: options["on-demand"] === true });
}

async function start({ cli }: DaemonInvocation): Promise<ExitCode> {
  const there = await tryAnswering(cli);
  if (there !== undefined) {
    const { pid } = await there.call("system.info", {});
    there.close();
    cli.stderr.write(`the daemon runs already, pid ${pid}\n`);
    return exitCodes.done;
  }
  const { startDaemon } = await import("../connection/start-daemon.ts");
  const started = await startDaemon(cli, { onDemand: false }).ready;
  const { pid, home } = await started.call("system.info", {});
  started.close();
  cli.stderr.write(`the daemon runs, pid ${pid}, home ${home}\n`);
  return exitCodes.done;
}

async function stop({ options, cli }: DaemonInvocation): Promise<ExitCode> {
  const there = await tryConnect(cli);
  if (there === undefined) {
    const pid = lockHolder({ path: homeOf(cli) });
    if (pid !== undefined) throw unreachable(cli, pid);
    cli.stderr.write(`no daemon is running for ${homeOf(cli)}\n`);
    return exitCodes.done;
  }
  const keepApps = options["keep-apps"] === true;
  await shutDown(cli, there, { keepApps });
  cli.stderr.write(
    keepApps ? "the daemon has ended; the apps run on\n" : "the daemon and its apps have ended\n",
  );
  return exitCodes.done;
}

async function status({ options, cli }: DaemonInvocation): Promise<ExitCode> {
  const there = await tryConnect(cli);
  if (there === undefined) {
    if (options.json === true) {
      const none = {
        running: false,
        pid: null,
        version: null,
        home: homeOf(cli),
        socket: null,
        http: null,
        since: null,
      };
      cli.stdout.write(`${JSON.stringify(none)}\n`);
    } else {
      cli.stdout.write(`no daemon is running for ${homeOf(cli)}\n`);
    }
    return exitCodes.noDaemon;
  }
  const { pid, version, home, socket, http, since } = await there.call("system.info", { settled: true });
  const bad = await failingWebhooks(there);
  there.close();
  if (options.json === true) {
    cli.stdout.write(`${JSON.stringify({ running: true, pid, version, home, socket, http, since })}\n`);
  } else {
    cli.stdout.write(
      `running   pid ${pid}, version ${version}, since ${since}\nhome      ${home}\nsocket    ${socket}\n${http === null ? "" : `http      ${http}\n`}`,
    );
    for (const { project, name, error } of bad) {
      const text = `webhook   ${project}/${name} fails: ${error ?? "nobody knows why"}`;
      cli.stdout.write(`${safeText(text, { keepColours: false })}\n`);
    }
  }
  return exitCodes.done;
}

/** None where the daemon is of an earlier version, which has no webhooks. */
async function failingWebhooks(daemon: Daemon): Promise<readonly WebhookStatus[]> {
  try {
    return (await daemon.call("webhooks.list", {})).filter(({ state }) => state !== "good");
  } catch {
    return [];
  }
}

function unit({ cli }: DaemonInvocation): Promise<ExitCode> {
  cli.stdout.write(unitText(cli));
  return Promise.resolve(exitCodes.done);
}

function unitText(cli: CliEnvironment): string {
  // systemd splits at spaces and replaces % and $.
  const quoted = daemonProgram(cli)
    .map(
      (word) =>
        `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$")}"`,
    )
    .join(" ");
  return `# ~/.config/systemd/user/holdfast.service, then: systemctl --user enable --now holdfast
# To have it run without a login: loginctl enable-linger
[Unit]
Description=Holdfast keeps programs up

[Service]
ExecStart=${quoted}
Environment="HOLDFAST_HOME=${homeOf(cli).replaceAll("%", "%%")}"
# A stop stops the apps, in as much time as their manifests give them. If the daemon dies, they outlive it, and the
# next one takes them over; "holdfast daemon stop --keep-apps" does the same on purpose, for an upgrade.
KillMode=process
TimeoutStopSec=15min
Restart=on-failure
RestartPreventExitStatus=2 73

[Install]
WantedBy=default.target
`;
}
