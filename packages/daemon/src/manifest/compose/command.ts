/** What a service runs: `entrypoint`, `command` and `shell`, and whether a shell is between. */
import type { Command } from "../../spec/app-spec.ts";
import { interpolate } from "../interpolate.ts";
import type { Located } from "../located.ts";
import { needsShell } from "../needs-shell.ts";
import type { ProblemList } from "../problem.ts";
import type { MapReader } from "../reader.ts";
import { splitShellWords } from "../shell-words.ts";
import { asTextList, wrongType } from "../value.ts";

type Argv = readonly [string, ...string[]];

export const posixShell: Argv = ["/bin/sh", "-c"];

/** `auto`: a shell only for what only a shell understands. */
type ShellChoice =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  | { readonly kind: "shell"; readonly argv: Argv };

/**
 * A process's command; undefined when there is none or it is wrong. Codes: `missing-key`, `command-syntax`,
 * `invalid-value`.
 */
export function readProcessCommand(read: MapReader, problems: ProblemList): Command | undefined {
  const entrypoint = read.node("entrypoint");
  const command = read.node("command");
  const choice = readShell(read, problems);
  const only = entrypoint === undefined ? command : command === undefined ? entrypoint : undefined;
  if (only?.kind === "scalar")
    return readText(only, read.pathOf(entrypoint === undefined ? "command" : "entrypoint"), choice, problems);
  if (choice.kind === "shell" && (entrypoint ?? command) !== undefined) {
    read.wrong(
      "invalid-value",
      "shell",
      "a shell takes one text, and the command is a list",
      "write the command as one text",
    );
  }
  return readArgv(read, problems);
}

/** A container's command, which Compose never gives to a shell; undefined when the image decides. */
export function readContainerCommand(read: MapReader, problems: ProblemList): Command | undefined {
  const words = [...wordsOf(read, "entrypoint", problems), ...wordsOf(read, "command", problems)];
  const [program, ...rest] = words;
  return program === undefined ? undefined : { kind: "exec", argv: [program, ...rest] };
}

function readArgv(read: MapReader, problems: ProblemList): Command | undefined {
  const before = problems.all.length;
  const command = readContainerCommand(read, problems);
  if (command === undefined && problems.all.length === before) {
    const hint = 'say what to run under "command", or name an "image" for a container';
    if (read.has("command") || read.has("entrypoint"))
      read.wrong("missing-command", "command", "the command is empty", hint);
    else read.missing("command", hint);
  }
  return command;
}

function readText(
  node: Located & { kind: "scalar" },
  path: string,
  choice: ShellChoice,
  problems: ProblemList,
): Command | undefined {
  if (typeof node.value !== "string") return wrongType(node, path, problems, "a text or a list of texts");
  const script = node.text.trim();
  if (script === "") {
    problems.add("missing-command", `${path}: the command is empty`, node.location);
    return undefined;
  }
  if (choice.kind === "shell") return { kind: "shell", script, shell: choice.argv };
  if (choice.kind === "auto" && needsShell(withoutVariables(node.raw ?? node.text))) {
    return { kind: "shell", script, shell: posixShell };
  }
  const [program, ...rest] = split(node, path, problems);
  return program === undefined ? undefined : { kind: "exec", argv: [program, ...rest] };
}

/** The text with a plain word for each variable: what a value contains must not decide whether a shell runs. */
function withoutVariables(raw: string): string {
  const result = interpolate(raw, () => "x");
  return result.ok ? result.text : raw;
}

function wordsOf(read: MapReader, key: string, problems: ProblemList): readonly string[] {
  const node = read.node(key);
  if (node === undefined) return [];
  if (node.kind === "list") return asTextList(node, read.pathOf(key), problems) ?? [];
  if (node.kind === "scalar" && typeof node.value === "string")
    return split(node, read.pathOf(key), problems);
  wrongType(node, read.pathOf(key), problems, "a text or a list of texts");
  return [];
}

function split(node: Located & { kind: "scalar" }, path: string, problems: ProblemList): readonly string[] {
  const result = splitShellWords(node.text);
  if (result.ok) return result.words;
  problems.add(
    "command-syntax",
    `${path}: ${result.reason}, at character ${result.offset + 1}`,
    node.location,
  );
  return [];
}

function readShell(read: MapReader, problems: ProblemList): ShellChoice {
  const node = read.node("shell");
  if (node === undefined) return { kind: "auto" };
  if (node.kind === "scalar" && typeof node.value === "boolean") {
    return node.value ? { kind: "shell", argv: posixShell } : { kind: "none" };
  }
  const words = wordsOf(read, "shell", problems);
  const [program, ...rest] = words;
  if (program === undefined) return { kind: "auto" };
  // `shell: bash` names a program alone; who gives options gives all of them.
  return {
    kind: "shell",
    argv: node.kind === "scalar" && rest.length === 0 ? [program, "-c"] : [program, ...rest],
  };
}
