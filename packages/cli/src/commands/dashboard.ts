import type { Invocation } from "../command-line/invocation.ts";
import type { DashboardOptions } from "../command-line/look-options.ts";
import { connect } from "../connection/connect.ts";
import { openBrowser } from "../connection/open-browser.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

/** `holdfast dashboard`: opens the dashboard in a browser, or prints the URL that lets one in. */
export async function dashboard({ options, cli }: Invocation<DashboardOptions>): Promise<ExitCode> {
  const daemon = await connect(cli);
  try {
    // The server may still be on its way up.
    await daemon.call("system.info", { settled: true });
    const isReadOnly = options["read-only"] === true;
    const { url } = await daemon.call("sessions.invite", { role: isReadOnly ? "read" : "operate" });
    const may = isReadOnly ? "which may look and not touch" : "which may do all that holdfast can";
    if (options.print !== true && (await openBrowser(url, cli))) {
      cli.stderr.write("The dashboard is open in your browser.\n");
      return exitCodes.done;
    }
    cli.stderr.write(`For one browser, ${may}; good for a minute:\n`);
    cli.stdout.write(`${url}\n`);
    return exitCodes.done;
  } finally {
    daemon.close();
  }
}
