import type { CliEnvironment } from "../cli-environment.ts";
import type { ExitCode } from "../exit-codes.ts";

/** One call of a command. */
export interface Invocation<Options> {
  /** What is given beside the options. */
  readonly names: readonly string[];
  readonly options: Options;
  readonly cli: CliEnvironment;
}

export type CommandProgram<Options> = (invocation: Invocation<Options>) => Promise<ExitCode>;
