import {
  type AppStatus,
  type LogLine,
  type LogQuery,
  logLevels,
  logStreams,
  type Target,
} from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { LogsOptions } from "../command-line/options.ts";
import { parseCount, parseSince } from "../command-line/times.ts";
import { connect } from "../connection/connect.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { wentAway } from "../connection/went-away.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { isTarget, resolveTargets } from "../targets/resolve-targets.ts";
import { LogPrinter, type LogSource } from "../terminal/log-printer.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";

/** Without `-n`, so many lines of the past stand before what is followed. */
const followedLines = 20;

/** `holdfast logs`. */
export async function logs({ names, options, cli }: Invocation<LogsOptions>): Promise<ExitCode> {
  const follow = options.follow === true;
  const lines =
    options.lines === undefined
      ? follow && options.since === undefined
        ? followedLines
        : undefined
      : parseCount("-n", options.lines);
  const query = queryOf(options, cli.clock.now());
  const daemon = await connect(cli);
  try {
    const project = options.all === true ? undefined : await currentProject(cli, options["project-name"]);
    const apps = await daemon.call("apps.list", {});
    const targets = targetsOf(names, apps, project);
    if (targets.length === 0) {
      cli.stderr.write("The daemon knows no app.\n");
      return exitCodes.done;
    }
    if (query.stream !== undefined) await expectSplit(daemon, targets);
    const print = printerOf(cli, options, sourcesOf(apps, targets), targets);
    const params = {
      targets,
      ...(lines !== undefined && { lines }),
      ...query,
    };
    return await printLogs(cli, daemon, params, { print, follow });
  } finally {
    daemon.close();
  }
}

/** The members of the query that an option gives. */
function queryOf(
  { since, until, level, stream, grep }: LogsOptions,
  now: number,
): Omit<LogQuery, "targets" | "lines" | "after"> {
  return {
    ...(since !== undefined && { since: parseSince(since, now) }),
    ...(until !== undefined && { until: parseSince(until, now, "--until") }),
    ...(level !== undefined && { level: parseOneOf("level", level, logLevels) }),
    ...(stream !== undefined && { stream: parseOneOf("stream", stream, logStreams) }),
    ...(grep !== undefined && { text: grep }),
  };
}

/** The one of `known` that was given with an option, which says what it takes. */
function parseOneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text.toLowerCase());
  if (found !== undefined) return found;
  throw new CommandError(exitCodes.usage, `--${option} ${text} is no ${option}`, {
    remedy: `give one of ${known.join(", ")}`,
  });
}

/** Each app that was named has to tell its streams apart; of a whole project those count that do. */
async function expectSplit(daemon: Daemon, targets: readonly Target[]): Promise<void> {
  for (const target of targets.filter(({ name }) => name !== undefined)) {
    const extents = await daemon.call("logs.extent", { targets: [target] });
    if (extents.some(({ stream }) => stream !== undefined)) continue;
    throw new CommandError(exitCodes.failed, `${target.name} writes stdout and stderr into one log`, {
      remedy: "set log: { split: true } for it in the manifest and run holdfast up",
    });
  }
}

function targetsOf(
  names: readonly string[],
  apps: readonly AppStatus[],
  project: string | undefined,
): readonly Target[] {
  if (names.length > 0) return resolveTargets(names, apps, project);
  if (project === undefined)
    return [...new Set(apps.map((app) => app.project))].map((name) => ({ project: name }));
  if (apps.some((app) => app.project === project)) return [{ project }];
  throw new CommandError(exitCodes.failed, `the daemon knows no app of project ${project}`, {
    remedy: "holdfast logs --all means the apps of every project",
  });
}

function sourcesOf(apps: readonly AppStatus[], targets: readonly Target[]): readonly LogSource[] {
  const sources = new Map<string, LogSource>();
  for (const app of apps) {
    if (!targets.some((target) => isTarget(app, target))) continue;
    const { project, name, instance } = app;
    const key = `${project}/${name}`;
    const instances = Math.max(instance, sources.get(key)?.instances ?? 1);
    sources.set(key, { project, name, instances });
  }
  return [...sources.values()];
}

function printerOf(
  { stdout, variables }: CliEnvironment,
  options: Invocation<LogsOptions>["options"],
  sources: readonly LogSource[],
  targets: readonly Target[],
): (line: LogLine) => void {
  if (options.json === true) return (line) => stdout.write(`${JSON.stringify(line)}\n`);
  const [only] = sources;
  // One program's output needs no name before each line, and can be piped as it is.
  const sole =
    sources.length === 1 &&
    (only?.instances === 1 || targets.every(({ instance }) => instance !== undefined));
  const printer = new LogPrinter(sources, {
    style: makeStyle(wantsColour(stdout.isTerminal, variables)),
    raw: options.raw === true,
    isTerminal: stdout.isTerminal,
    prefix: !sole,
    timestamps: options.timestamps === true,
    columns: () => stdout.columns,
  });
  // `--raw` is what asks for all that was written.
  if (options.raw === true) return (line) => stdout.writeAsIs(printer.line(line));
  return (line) => stdout.write(printer.line(line));
}

/** Prints what there is, however much, and with `follow` goes on with what comes, until it is interrupted. */
async function printLogs(
  cli: CliEnvironment,
  daemon: Daemon,
  params: LogQuery,
  { print, follow }: { readonly print: (line: LogLine) => void; readonly follow: boolean },
): Promise<ExitCode> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const release = cli.onInterrupt(() => resolve(undefined));
  try {
    await daemon.subscribe("logs.follow", params, ({ lines, caughtUp, skipped = [] }) => {
      for (const { name, bytes } of skipped) {
        const size = (bytes / 1024 / 1024).toFixed(1);
        cli.stderr.write(
          `${name}: ${size} MiB of its output are gone: more was written than its log keeps\n`,
        );
      }
      lines.forEach(print);
      if (caughtUp === true && !follow) resolve(undefined);
    });
    const ended = await Promise.race([over, daemon.closed]);
    if (ended === undefined) return exitCodes.done;
    throw wentAway(cli, ended);
  } finally {
    release();
  }
}
