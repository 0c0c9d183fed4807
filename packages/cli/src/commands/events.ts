import type { DaemonEvent } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { EventsOptions } from "../command-line/options.ts";
import { parseCount } from "../command-line/times.ts";
import { connect } from "../connection/connect.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { wentAway } from "../connection/went-away.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { momentText } from "../terminal/clock-time.ts";
import { safeText } from "../terminal/safe-text.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { wrapToWidth } from "../terminal/text-width.ts";

const pageSize = 1_000;

/** Without `-n`, so many of the last ones. */
const usualCount = 200;

/** `holdfast events`. */
export async function events({ options, cli }: Invocation<EventsOptions>): Promise<ExitCode> {
  const after = options.after === undefined ? undefined : parseCount("--after", options.after);
  const follow = options.follow === true;
  const count = options.lines === undefined ? undefined : (parseCount("-n", options.lines) ?? "all");
  const project = options.all === true ? undefined : await currentProject(cli, options["project-name"]);
  const line = cli.stdout.isTerminal ? shortLineFor(cli, project) : eventLine;
  const print = (event: DaemonEvent): void => {
    cli.stdout.write(options.json === true ? `${JSON.stringify(event)}\n` : line(event));
  };
  const daemon = await connect(cli);
  const { promise: interrupted, resolve } = Promise.withResolvers<undefined>();
  const release = cli.onInterrupt(() => resolve(undefined));
  try {
    const past = await readPast(daemon, { after, count: count ?? (follow ? 0 : usualCount), project });
    for (const event of past) print(event);
    if (!follow) return exitCodes.done;
    const last = past.at(-1)?.seq ?? after;
    await daemon.subscribe(
      "events.follow",
      { ...(last !== undefined && { after: last }), ...(project !== undefined && { project }) },
      print,
    );
    const ended = await Promise.race([interrupted, daemon.closed]);
    if (ended === undefined) return exitCodes.done;
    throw wentAway(cli, ended);
  } finally {
    release();
    daemon.close();
  }
}

interface Past {
  readonly after: number | undefined;
  /** The last so many; not asked for with `after`. */
  readonly count: number | "all";
  readonly project: string | undefined;
}

async function readPast(daemon: Daemon, { after, count, project }: Past): Promise<readonly DaemonEvent[]> {
  const ofProject = project === undefined ? {} : { project };
  if (after === undefined && count !== "all" && count <= pageSize) {
    return count === 0 ? [] : await daemon.call("events.read", { last: count, ...ofProject });
  }
  const found: DaemonEvent[] = [];
  for (let from = after ?? 0; ; ) {
    const page = await daemon.call("events.read", { after: from, limit: pageSize, ...ofProject });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined) break;
    from = last.seq;
  }
  return count === "all" || after !== undefined ? found : found.slice(-count);
}

/** For people: the time here, the project where there are several, and what is wrong in red. */
function shortLineFor(
  { stdout, variables, clock }: CliEnvironment,
  project: string | undefined,
): (event: DaemonEvent) => string {
  const style = makeStyle(wantsColour(stdout.isTerminal, variables));
  return ({ time, project: own, message, type, app, operation }) => {
    const text = safeText(message.replaceAll("\n", " "), { keepColours: false });
    const isBad = app?.state === "failed" || operation?.state === "failed" || app?.health === "unhealthy";
    const isWorrying = type === "warning" || app?.state === "backoff";
    const paint = isBad ? style.red : isWorrying ? style.yellow : type === "operation" ? style.dim : same;
    const head = style.dim(`${momentText(time, clock.now())}  ${project === undefined ? `${own}  ` : ""}`);
    return `${wrapToWidth(`${head}${paint(text)}`, stdout.columns, 14).join("\n")}\n`;
  };
}

function same(text: string): string {
  return text;
}

function eventLine({ seq, time, project, message }: DaemonEvent): string {
  return `${seq}  ${time}  ${project}  ${safeText(message, { keepColours: false })}\n`;
}
