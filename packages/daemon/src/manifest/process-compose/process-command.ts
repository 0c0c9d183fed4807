/** What a process runs: a script in the project's shell, or a program with its words. */
import type { Command } from "../../spec/app-spec.ts";
import type { LoadContext } from "../load-context.ts";
import type { MapReader } from "../reader.ts";

export interface CommandSurroundings {
  readonly context: LoadContext;
  /** A script in the project's shell, `env_cmds` before it. */
  readonly inShell: (script: string) => Command;
  /** A command with `env_cmds` before it. */
  readonly wrap: (command: Command) => Command;
}

/** `command` wins over `entrypoint`, with a warning, and that over `executable`. Adds `missing-command`. */
export function readCommand(reader: MapReader, { context, inShell, wrap }: CommandSurroundings): Command {
  const script = reader.text("command") ?? "";
  const entrypoint = reader.textList("entrypoint") ?? [];
  const executable = reader.text("executable");
  const words = entrypoint.length > 0 || executable === undefined ? entrypoint : [executable];
  const [program, ...operands] = [...words, ...(reader.textList("args") ?? [])];
  if (script.trim() !== "") {
    if (entrypoint.length > 0) {
      const message = `${reader.path} has a command and an entrypoint: the command is used`;
      context.warnings.add("ignored-key", message, reader.locationOf("entrypoint"));
    }
    return inShell(script);
  }
  if (words.length > 0 && program !== undefined) return wrap({ kind: "exec", argv: [program, ...operands] });
  context.problems.add("missing-command", `${reader.path} has no command`, reader.location);
  return inShell(script);
}
