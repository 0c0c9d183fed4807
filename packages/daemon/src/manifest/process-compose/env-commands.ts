/**
 * `env_cmds`: variables whose values are what commands print. process-compose runs them as it loads the file; here
 * an app's own start does, so that reading a manifest runs nothing.
 */
import type { Command } from "../../spec/app-spec.ts";
import type { MapReader } from "../reader.ts";
import type { Shell } from "./shell.ts";

/** A variable and the shell command that prints its value. */
export type EnvCommands = ReadonlyMap<string, string>;

/** Exports what the words after the first print, without the white space around it, as the first. */
const fill = `fill() {
holdfast_name=$1; shift
holdfast_text=$("$@") || return 0
holdfast_text=\${holdfast_text#"\${holdfast_text%%[![:space:]]*}"}
holdfast_text=\${holdfast_text%"\${holdfast_text##*[![:space:]]}"}
export "$holdfast_name=$holdfast_text"
}`;

/** Adds `invalid-value` for a name that cannot be a variable's. */
export function readEnvCommands(project: MapReader): EnvCommands {
  const commands = Object.entries(project.stringMap("env_cmds") ?? {});
  for (const [name] of commands) {
    if (/^[A-Za-z_]\w*$/.test(name)) continue;
    project.wrong("invalid-value", "env_cmds", `"${name}" cannot be a variable's name`);
  }
  return new Map(commands);
}

/** `command`, started by a shell that first fills in the variables; one whose command fails is left as it was. */
export function withEnvCommands(command: Command, commands: EnvCommands, shell: Shell): Command {
  if (commands.size === 0) return command;
  const calls = [...commands].map(
    ([name, script]) => `fill ${[name, ...shell, script].map(quote).join(" ")}`,
  );
  const argv = argvOf(command);
  return { kind: "exec", argv: ["/bin/sh", "-c", [fill, ...calls, 'exec "$@"'].join("\n"), "sh", ...argv] };
}

function argvOf(command: Command): readonly string[] {
  if (command.kind === "shell") return [...command.shell, command.script];
  return command.kind === "exec" ? command.argv : [];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
