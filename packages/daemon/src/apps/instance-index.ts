import type { AppSpec, Command } from "../spec/app-spec.ts";

/** A text of a spec as one instance has it: `{index}` is its number, from 1, where the spec is written that way. */
export function indexed({ indexed }: Pick<AppSpec, "indexed">, text: string, instance: number): string {
  return indexed === true ? text.replaceAll("{index}", String(instance)) : text;
}

/** The command that one instance runs. */
export function commandOf(spec: Pick<AppSpec, "indexed" | "command">, instance: number): Command {
  const { command } = spec;
  const own = (text: string): string => indexed(spec, text, instance);
  switch (command.kind) {
    case "exec": {
      const [program, ...words] = command.argv;
      return { kind: "exec", argv: [own(program), ...words.map(own)] };
    }
    case "shell":
      return { ...command, script: own(command.script) };
  }
}
