import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";

/** What a command ends with that followed a daemon, and lost it: nothing of the apps is over with that. */
export function wentAway({ node }: CliEnvironment, cause: unknown): CommandError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  const message =
    node === undefined
      ? "the daemon went away; the apps run on"
      : `the connection to ${node} ended${why}; its apps run on`;
  return new CommandError(exitCodes.noDaemon, message, { cause });
}
