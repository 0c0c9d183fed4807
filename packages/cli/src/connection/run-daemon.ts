import { daemonService } from "@holdfast/daemon/main";
import { runMain } from "@holdfast/platform";
import { HoldfastError } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { tellError } from "../tell-error.ts";
import { homeOf } from "./home.ts";

/** Is the daemon, until it is told to end; then ends the process. */
export async function runDaemonHere(
  cli: CliEnvironment,
  { onDemand }: { readonly onDemand: boolean },
): Promise<never> {
  const variables = { ...cli.variables, HOLDFAST_HOME: homeOf(cli) };
  let pending = (): readonly string[] => [];
  return await runMain(
    async (token) => {
      const service = daemonService({ variables, onDemand, token });
      const handle = service.handle();
      pending = () =>
        handle
          .pending()
          .map(({ phase, name, ageMs }) => `${phase} ${name} (${(ageMs / 1_000).toFixed(1)} s)`);
      try {
        const { exitCode } = await service.start();
        return exitCode;
      } catch (error) {
        return tellError(cli, homeOwnedError(error) ?? error);
      }
    },
    { hung: () => pending() },
  );
}

/** Another daemon's ownership of the home, if that is why this one did not start. */
function homeOwnedError(error: unknown): CommandError | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof HoldfastError && at.code === "ALREADY_RUNNING" && at.details !== undefined) {
      const { home } = at.details as { readonly home?: string };
      if (home === undefined) continue;
      return new CommandError(exitCodes.homeOwned, at.message, {
        remedy: "holdfast daemon stop ends it; HOLDFAST_HOME names another home",
        cause: error,
      });
    }
  }
  return undefined;
}
