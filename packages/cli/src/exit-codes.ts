import { HoldfastError } from "@holdfast/runtime";

/** What the command exits with. */
export const exitCodes = {
  done: 0,
  /** An operation failed; the message names the app and why. */
  failed: 1,
  /** A wrong command line, or a manifest error. */
  usage: 2,
  /** No daemon can be reached. */
  noDaemon: 69,
  /** Another daemon owns this home. */
  homeOwned: 73,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command: one line that says what is wrong, and one, if there is a way out, that says what to do. */
export class CommandError extends HoldfastError<
  "COMMAND_FAILED",
  { readonly exitCode: ExitCode; readonly remedy?: string }
> {
  constructor(
    exitCode: ExitCode,
    message: string,
    options: { readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    const { remedy, ...rest } = options;
    super("COMMAND_FAILED", message, {
      ...rest,
      details: remedy === undefined ? { exitCode } : { exitCode, remedy },
    });
  }
}
