import { RpcError } from "@holdfast/rpc";
import { describeError } from "@holdfast/runtime";
import type { CliEnvironment } from "./cli-environment.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { makeStyle, wantsColour } from "./terminal/style.ts";

/** Says on stderr what went wrong, and what to do about it where that is known; returns the exit code for it. */
export function tellError({ stderr, variables, node }: CliEnvironment, error: unknown): ExitCode {
  const style = makeStyle(wantsColour(stderr.isTerminal, variables));
  const tell = (message: string, remedy?: string): void => {
    stderr.write(`${style.red("holdfast:")} ${message}\n`);
    if (remedy !== undefined) stderr.write(`  ${remedy}\n`);
  };
  if (error instanceof CommandError) {
    tell(error.message, error.details.remedy);
    return error.details.exitCode;
  }
  if (error instanceof RpcError) {
    if (error.code === "CONNECTION_CLOSED") {
      if (node === undefined) {
        tell(`the daemon went away: ${error.message}`, "holdfast daemon status says whether it runs");
      } else {
        const remedy = `what was begun goes on: holdfast operations --node ${node} tells of it`;
        tell(`the connection to ${node} ended: ${error.message}`, remedy);
      }
      return exitCodes.noDaemon;
    }
    tell(error.message);
    // What the manifest asks for is understood, and more than this daemon can do.
    return error.code === "UNSUPPORTED" ? exitCodes.usage : exitCodes.failed;
  }
  tell(describeError(error), error instanceof Error && !isExpected(error) ? error.stack : undefined);
  return exitCodes.failed;
}

/** An error of the system or of one of our packages; anything else is a bug, whose place is worth knowing. */
function isExpected(error: Error): boolean {
  return "code" in error;
}
