import { nearest } from "@holdfast/daemon/nearest";
import type { Invocation } from "../command-line/invocation.ts";
import type { NoOptions } from "../command-line/options.ts";
import { scripts } from "../completion/scripts.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";

/** `holdfast completion bash|zsh|fish`. */
export function completion({ names, cli }: Invocation<NoOptions>): Promise<ExitCode> {
  const [shell = ""] = names;
  const script = Object.entries(scripts).find(([name]) => name === shell)?.[1];
  if (script === undefined) {
    const near = nearest(shell, Object.keys(scripts));
    throw new CommandError(
      exitCodes.usage,
      shell === "" ? "completion needs the name of a shell" : `there is no completion for ${shell}`,
      {
        remedy:
          near === undefined ? `give one of ${Object.keys(scripts).join(", ")}` : `did you mean ${near}?`,
      },
    );
  }
  cli.stdout.write(script);
  return Promise.resolve(exitCodes.done);
}
