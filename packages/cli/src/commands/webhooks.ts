import type { WebhookStatus } from "@holdfast/daemon/api";
import type { Invocation } from "../command-line/invocation.ts";
import type { WebhooksOptions } from "../command-line/options.ts";
import { connect } from "../connection/connect.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";
import { safeText } from "../terminal/safe-text.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { type Cell, tableLines } from "../terminal/table.ts";

/** `holdfast webhooks`: who is told of events, and how it goes. Exits with 1 when one of them fails. */
export async function webhooks({ options, cli }: Invocation<WebhooksOptions>): Promise<ExitCode> {
  const project = options.all === true ? undefined : await currentProject(cli, options["project-name"]);
  const daemon = await connect(cli);
  try {
    const found = await daemon.call("webhooks.list", project === undefined ? {} : { project });
    if (options.json === true) cli.stdout.write(`${JSON.stringify(found)}\n`);
    else if (found.length === 0) cli.stderr.write("No manifest has webhooks.\n");
    else {
      const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
      cli.stdout.write(`${tableLines(columns, found.map(row), { paintTitle: style.dim }).join("\n")}\n`);
    }
    return found.every(({ state }) => state === "good") ? exitCodes.done : exitCodes.failed;
  } finally {
    daemon.close();
  }
}

const columns = ["WEBHOOK", "ADDRESS", "STATE", "TOLD", "WAITING", "NEXT TRY", "ERROR"].map((title) => ({
  title,
}));

function row({
  project,
  name,
  address,
  state,
  delivered,
  waiting,
  next,
  error,
}: WebhookStatus): readonly Cell[] {
  const texts = [`${project}/${name}`, address, state, `${delivered}`, `${waiting}`, next ?? "", error ?? ""];
  return texts.map((text) => ({ text: safeText(text, { keepColours: false }) }));
}
