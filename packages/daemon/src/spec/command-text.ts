import type { Command } from "./app-spec.ts";

/** A command as one would type it. */
export function commandText(command: Command): string {
  switch (command.kind) {
    case "exec":
      return command.argv.map(quoted).join(" ");
    case "shell":
      return command.script;
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
