import { parseArgs } from "node:util";
import { nearest } from "@holdfast/daemon/nearest";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { type Command, type CommandValues, commands } from "./commands.ts";
import { remediesForOtherNames } from "./other-names.ts";

/** What a command line asks for. */
export type Request =
  | {
      readonly kind: "run";
      readonly command: Command;
      readonly names: readonly string[];
      readonly options: CommandValues;
    }
  /** Help for one command, or for all. */
  | { readonly kind: "help"; readonly command?: Command }
  | { readonly kind: "version" }
  /** What may be typed in the place of the last word; asked by the completion of a shell. */
  | { readonly kind: "complete"; readonly words: readonly string[] };

/** Reads a command line. Throws `CommandError` with exit code 2, naming the nearest command or option there is. */
export function parseCommandLine(argv: readonly string[]): Request {
  const [first, ...rest] = argv;
  switch (first) {
    case undefined:
      throw new CommandError(exitCodes.usage, "no command was given", {
        remedy: "holdfast --help lists them",
      });
    case "--version":
    case "-V":
      return { kind: "version" };
    case "__complete":
      return { kind: "complete", words: rest };
    case "--help":
    case "-h":
    case "help":
      return rest[0] === undefined ? { kind: "help" } : { kind: "help", command: commandNamed(rest[0]) };
  }
  const node = /^--node(?:=(.*))?$/s.exec(first);
  if (node !== null) {
    const [name, ...command] = node[1] === undefined ? rest : [node[1], ...rest];
    if (command.length > 0) return parseCommandLine(withNode(command, name ?? ""));
  }
  if (first.startsWith("-")) {
    throw new CommandError(exitCodes.usage, `${first} stands before the command`, {
      remedy: "options come after the command: holdfast up -f FILE",
    });
  }
  const command = commandNamed(first);
  return readArguments(command, rest);
}

/** `--node NAME` may also stand before the command. */
function withNode([command = "", ...rest]: readonly string[], name: string): readonly string[] {
  return [command, "--node", name, ...rest];
}

function commandNamed(name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    commands.map((command) => command.name),
  );
  const guess = near === undefined ? "holdfast --help lists them" : `did you mean ${near}?`;
  throw new CommandError(exitCodes.usage, `there is no command ${name}`, {
    remedy: remediesForOtherNames.get(name) ?? guess,
  });
}

function readArguments(command: Command, args: readonly string[]): Request {
  const { tokens } = parseArgs({
    args: [...args],
    // Without strict, which would stop at the first mistake with a message that does not know our names.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
  });
  const names: string[] = [];
  const options: Record<string, boolean | string | readonly string[]> = {};
  for (const token of tokens) {
    if (token.kind === "positional") names.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (rawName === "--help" || rawName === "-h") return { kind: "help", command };
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
    if (option === undefined) throw unknownOption(command, rawName, name);
    if (option.type === "boolean") {
      if (value !== undefined) throw misused(command, `${rawName} takes no value`);
      options[name] = true;
      continue;
    }
    if (value === undefined || (!token.inlineValue && value.length > 1 && value.startsWith("-"))) {
      throw misused(command, `${rawName} needs a value: ${option.value}`);
    }
    const earlier = options[name];
    if (!("multiple" in option)) options[name] = value;
    else options[name] = Array.isArray(earlier) ? [...earlier, value] : [value];
  }
  if (names.length > command.maxNames) {
    throw misused(command, `${command.name} does not take ${names[command.maxNames]}`);
  }
  return { kind: "run", command, names, options };
}

function unknownOption(command: Command, rawName: string, name: string): CommandError {
  if (name === "node") {
    const others = commands.filter(({ isAnywhere }) => isAnywhere === true).map((each) => each.name);
    return new CommandError(exitCodes.usage, `${command.name} works on this machine only`, {
      remedy: `--node goes with ${others.join(", ")}`,
    });
  }
  const near = nearest(name, Object.keys(command.options));
  return new CommandError(exitCodes.usage, `${command.name} has no option ${rawName}`, {
    remedy: near === undefined ? `holdfast ${command.name} --help lists them` : `did you mean --${near}?`,
  });
}

function misused(command: Command, message: string): CommandError {
  return new CommandError(exitCodes.usage, message, {
    remedy: `holdfast ${command.name} --help says how it is used`,
  });
}
