import type { Operation } from "@holdfast/daemon/api";
import type { Invocation } from "../command-line/invocation.ts";
import type { OperationsOptions } from "../command-line/options.ts";
import { parseCount, parseSince } from "../command-line/times.ts";
import { connect } from "../connection/connect.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { momentText } from "../terminal/clock-time.ts";
import { safeText } from "../terminal/safe-text.ts";
import { makeStyle, type Style, wantsColour } from "../terminal/style.ts";
import { type Cell, tableLines } from "../terminal/table.ts";

/** As many are shown without `-n`; a daemon keeps more than anybody reads. */
const usualCount = 50;
/** All that a daemon keeps. */
const mostCount = 1_000_000;

/** `holdfast operations`: what was asked of the apps, by whom, and what came of it, also of apps that are gone. */
export async function operations({ names, options, cli }: Invocation<OperationsOptions>): Promise<ExitCode> {
  const limit = options.lines === undefined ? usualCount : (parseCount("-n", options.lines) ?? mostCount);
  const since = options.since === undefined ? undefined : parseSince(options.since, cli.clock.now());
  const project = options.all === true ? undefined : await currentProject(cli, options["project-name"]);
  const daemon = await connect(cli);
  try {
    const wanted = names.length === 0 ? [""] : names;
    const found = await Promise.all(
      wanted.map((name) =>
        daemon.call("operations.list", {
          ...appOf(name, project),
          ...(since !== undefined && { since }),
          limit,
        }),
      ),
    );
    const all = found.flat().toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
    const shown = all.slice(Math.max(0, all.length - limit));
    if (options.json === true) {
      for (const operation of shown) cli.stdout.write(`${JSON.stringify(operation)}\n`);
    } else if (shown.length === 0) {
      cli.stderr.write("No operation matches.\n");
    } else {
      const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
      const { isTerminal } = cli.stdout;
      const timeOf = (time: string): string => (isTerminal ? momentText(time, cli.clock.now()) : time);
      const rows = shown.map((operation) => row(operation, timeOf(operation.since), style));
      const lines = tableLines(columns, rows, {
        paintTitle: style.dim,
        ...(isTerminal && { width: cli.stdout.columns }),
      });
      cli.stdout.write(`${lines.join("\n")}\n`);
    }
    return exitCodes.done;
  } finally {
    daemon.close();
  }
}

interface Filter {
  readonly project?: string;
  readonly name?: string;
}

/** `PROJECT/APP`, or an app of the project that is meant anyway. */
function appOf(text: string, project: string | undefined): Filter {
  const [first = "", second] = text.split("/", 2);
  if (second !== undefined) return { project: first, name: second };
  return { ...(project !== undefined && { project }), ...(first !== "" && { name: first }) };
}

const columns = ["SINCE", "APP", "OPERATION", "STATE", "TOOK", "BY", "ERROR"].map((title) => ({ title }));

function row(operation: Operation, time: string, style: Style): readonly Cell[] {
  const { since, ended, project, name, instance, kind, state, by, error } = operation;
  const took = ended === null ? "" : `${((Date.parse(ended) - Date.parse(since)) / 1_000).toFixed(1)} s`;
  const app = `${project}/${name}${instance === null ? "" : `.${instance}`}`;
  const plain = (text: string): string => safeText(text.replaceAll("\n", " "), { keepColours: false });
  return [
    { text: time },
    { text: plain(app) },
    { text: kind },
    { text: state, paint: state === "failed" ? style.red : (text) => text },
    { text: took },
    { text: plain(by ?? "the daemon") },
    { text: plain(error ?? "") },
  ];
}
