import { runDaemon } from "@holdfast/daemon/main";
import { ShutdownToken } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";
import type { ExitCode } from "../exit-codes.ts";
import { homeOf } from "./home.ts";

/** The daemon, in this process, until it is told to end. */
export async function runDaemonHere(
  cli: CliEnvironment,
  { onDemand }: { readonly onDemand: boolean },
): Promise<ExitCode> {
  const token = new ShutdownToken();
  const release = cli.onInterrupt((signal) => void token.cancel({ kind: "user-requested", signal }));
  try {
    return await runDaemon({ home: homeOf(cli), onDemand, token });
  } finally {
    release();
  }
}
