import type { Invocation } from "../command-line/invocation.ts";
import type { NoOptions } from "../command-line/options.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { ownVersion } from "../version.ts";

/** `holdfast version`. */
export function printVersion({ cli }: Invocation<NoOptions>): Promise<ExitCode> {
  cli.stdout.write(`holdfast ${ownVersion()}\n`);
  return Promise.resolve(exitCodes.done);
}
