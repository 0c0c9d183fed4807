import type { CliEnvironment } from "./cli-environment.ts";
import { parseCommandLine } from "./command-line/parse.ts";
import { tellError } from "./tell-error.ts";
import { safeOutput } from "./terminal/safe-output.ts";

/** Runs one command line and says what to exit with. Never rejects: an error is told on stderr. */
export async function main(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const cli: CliEnvironment = {
    ...environment,
    stdout: safeOutput(environment.stdout),
    stderr: safeOutput(environment.stderr),
    onInterrupt: (listener) => environment.onInterrupt(listener),
    exit: (code) => environment.exit(code),
  };
  try {
    const request = parseCommandLine(argv);
    switch (request.kind) {
      case "help": {
        const { helpText } = await import("./command-line/help.ts");
        const { isTerminal, columns } = cli.stdout;
        cli.stdout.write(helpText(request.command, isTerminal ? columns : Number.POSITIVE_INFINITY));
        return 0;
      }
      case "version": {
        const { ownVersion } = await import("./version.ts");
        cli.stdout.write(`${ownVersion()}\n`);
        return 0;
      }
      case "complete": {
        const { completionLines } = await import("./completion/complete.ts");
        for (const line of await completionLines(cli, request.words)) cli.stdout.write(`${line}\n`);
        return 0;
      }
      case "run": {
        const program = await request.command.load();
        const { node } = request.options as { readonly node?: string };
        const there = node === undefined ? cli : { ...cli, node };
        return await program({ names: request.names, options: request.options, cli: there });
      }
    }
  } catch (error) {
    return tellError(cli, error);
  }
}
