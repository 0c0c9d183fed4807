import type { Command } from "../spec/app-spec.ts";

/** The argv that runs a command. */
export function argvOf(command: Command): readonly [string, ...string[]] {
  switch (command.kind) {
    case "exec":
      return command.argv;
    case "shell":
      return [...command.shell, command.script];
  }
}
