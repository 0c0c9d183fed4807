import type { CliEnvironment } from "../cli-environment.ts";

/** In MiB, of each half of V8's young generation. */
const semiSpace = 1;

/**
 * The argv that runs the daemon. What it makes for one change is garbage after it, or stays for long: room for more young
 * objects than that only makes the process a third larger.
 */
export function daemonProgram({ program }: Pick<CliEnvironment, "program">): readonly [string, ...string[]] {
  const [node, ...command] = program;
  return [node, `--max-semi-space-size=${semiSpace}`, ...command, "daemon", "run"];
}
