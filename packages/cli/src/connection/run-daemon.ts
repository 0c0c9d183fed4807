import { runDaemon } from "@holdfast/daemon/main";
import type { CliEnvironment } from "../cli-environment.ts";
import { homeOf } from "./home.ts";
import { pagesOf } from "./pages.ts";

/** Is the daemon, until it is told to end; then ends the process. */
export async function runDaemonHere(
  cli: CliEnvironment,
  { onDemand }: { readonly onDemand: boolean },
): Promise<never> {
  const variables = { ...cli.variables, HOLDFAST_HOME: homeOf(cli) };
  return await runDaemon({ variables, onDemand, pages: pagesOf(cli.program) });
}
