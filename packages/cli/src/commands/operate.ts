import type { AppStatus, Operation, OperationKind, Target } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { OperateOptions, RemoveOptions, RestartOptions } from "../command-line/options.ts";
import { parseTimeout } from "../command-line/times.ts";
import { connect } from "../connection/connect.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { resolveTargets } from "../targets/resolve-targets.ts";
import { ProgressLine, withProgress } from "../terminal/progress-line.ts";

/** `holdfast start APP…`: waits until they run. */
export async function start(invocation: Invocation<OperateOptions>): Promise<ExitCode> {
  return await operate("start", invocation);
}

/** `holdfast stop APP…`: waits until they have ended. */
export async function stop(invocation: Invocation<OperateOptions>): Promise<ExitCode> {
  return await operate("stop", invocation);
}

/** `holdfast restart APP…`. */
export async function restart(invocation: Invocation<RestartOptions>): Promise<ExitCode> {
  return await operate("restart", invocation);
}

/** `holdfast remove APP…`: stops them, deletes what they wrote, and forgets them. */
export async function remove(invocation: Invocation<RemoveOptions>): Promise<ExitCode> {
  return await operate("remove", invocation);
}

async function operate(
  kind: OperationKind,
  { names, options, cli }: Invocation<RestartOptions & RemoveOptions>,
): Promise<ExitCode> {
  if (names.length === 0 && options.all !== true) {
    throw new CommandError(exitCodes.usage, `${kind} needs the name of an app`, {
      remedy: `holdfast ${kind} --all means every app of the project`,
    });
  }
  const timeoutMs = options.timeout === undefined ? undefined : parseTimeout(options.timeout);
  const daemon = await connect(cli);
  try {
    const project = await currentProject(cli, options["project-name"]);
    const apps = await daemon.call("apps.list", {});
    const targets =
      names.length > 0 ? resolveTargets(names, apps, project) : wholeProject(kind, apps, project);
    const begun = await begin(daemon, kind, targets, timeoutMs, options);
    const operations =
      options["no-wait"] === true
        ? begun
        : await withProgress(
            cli,
            daemon,
            new ProgressLine(cli.stderr),
            undefined,
            waitFor(daemon, kind, begun, timeoutMs),
          );
    if (options.json === true) cli.stdout.write(`${JSON.stringify(operations)}\n`);
    return report(cli, operations);
  } finally {
    daemon.close();
  }
}

function wholeProject(
  kind: OperationKind,
  apps: readonly AppStatus[],
  project: string | undefined,
): readonly Target[] {
  if (project !== undefined) return [{ project }];
  const [only, ...others] = new Set(apps.map((app) => app.project));
  if (only !== undefined && others.length === 0) return [{ project: only }];
  throw new CommandError(exitCodes.usage, `${kind} --all does not know which project is meant`, {
    remedy: only === undefined ? "the daemon knows no app" : `give -p NAME: ${[only, ...others].join(", ")}`,
  });
}

async function begin(
  daemon: Daemon,
  kind: OperationKind,
  targets: readonly Target[],
  timeoutMs: number | undefined,
  { rolling = false, "keep-data": keepData = false }: RestartOptions & RemoveOptions,
): Promise<readonly Operation[]> {
  const params = timeoutMs === undefined ? { targets } : { targets, timeoutMs };
  switch (kind) {
    case "start":
      return await daemon.call("apps.start", { targets });
    case "stop":
      return await daemon.call("apps.stop", params);
    case "restart":
      return await daemon.call("apps.restart", rolling ? { ...params, rolling } : params);
    case "remove":
      return await daemon.call("apps.remove", keepData ? { ...params, keepData } : params);
  }
}

async function waitFor(
  daemon: Daemon,
  kind: OperationKind,
  begun: readonly Operation[],
  timeoutMs: number | undefined,
): Promise<readonly Operation[]> {
  if (begun.length === 0) return begun;
  const ids = begun.map(({ id }) => id);
  if (kind !== "start" || timeoutMs === undefined) return await daemon.call("operations.wait", { ids });
  try {
    return await daemon.call("operations.wait", { ids }, { timeoutMs });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "CALL_TIMED_OUT") throw error;
    const now = await Promise.all(ids.map((id) => daemon.call("operations.get", { id })));
    const late = now.filter(({ state }) => state === "running").map(({ name }) => name);
    throw new CommandError(
      exitCodes.failed,
      `${late.join(", ")} did not start within ${timeoutMs / 1_000} s and goes on starting`,
      { remedy: "holdfast ps says what it waits for", cause: error },
    );
  }
}

function report({ stderr }: CliEnvironment, operations: readonly Operation[]): ExitCode {
  const past = { start: "started", stop: "stopped", restart: "restarted", remove: "removed" } as const;
  const doing = {
    start: "starting",
    stop: "stopping",
    restart: "restarting",
    remove: "being removed",
  } as const;
  let failed = false;
  for (const { kind, name, state, error } of operations) {
    if (state === "failed") {
      failed = true;
      stderr.write(`holdfast: ${error ?? `${name} could not be ${past[kind]}`}\n`);
    } else {
      stderr.write(`${name} ${state === "done" ? past[kind] : `is ${doing[kind]}`}\n`);
    }
  }
  return failed ? exitCodes.failed : exitCodes.done;
}
