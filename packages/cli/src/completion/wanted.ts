import { logLevels, logStreams } from "@holdfast/daemon/api";
import type { Command } from "../command-line/commands.ts";
import type { Option } from "../command-line/option.ts";

/** Something that may be typed, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly text: string;
}

/** What may be typed at the end of an unfinished command line. */
export type Wanted =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "files" }
  | { readonly kind: "projects" }
  /** Other machines. */
  | { readonly kind: "nodes" }
  /** `from`: those that run, or also those of the manifest. `given`: names that stand there already. */
  | {
      readonly kind: "apps";
      readonly from: "daemon" | "manifest";
      readonly project: string | undefined;
      /** The other machine that they are on. */
      readonly node: string | undefined;
      readonly isAll: boolean;
      readonly given: readonly string[];
    }
  | { readonly kind: "nothing" };

/** The words after a command's name that are no apps. */
const fixedNames: ReadonlyMap<string, readonly string[]> = new Map([
  ["daemon", ["run", "start", "stop", "status", "unit"]],
  ["completion", ["bash", "zsh", "fish"]],
  ["remote", ["list", "join", "pair", "grant", "forget", "leave"]],
  ["relay", ["run", "invite", "slot", "token"]],
]);

/** What is wanted in the place of the last of `words`, which follow `holdfast` and of which the last may be empty. */
export function wantedAt(words: readonly string[], commands: readonly Command[]): Wanted {
  const [name = "", ...rest] = joined(words);
  const current = rest.at(-1);
  if (current === undefined || name === "help") {
    const all = commands.map((command) => ({ value: command.name, text: command.summary }));
    return { kind: "words", candidates: [...all, ...(current === undefined ? general : [])] };
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) return { kind: "nothing" };
  const before = rest.slice(0, -1);
  const { option, names, given } = readWords(before, command);
  if (option !== undefined) return wantedBy(...option);
  const inline = /^--([^=]+)=/.exec(current)?.[1];
  if (inline !== undefined) {
    const found = command.options[inline];
    return found === undefined || found.type === "boolean" ? { kind: "nothing" } : wantedBy(inline, found);
  }
  if (current.startsWith("-") && !before.includes("--"))
    return { kind: "words", candidates: optionsOf(command, given) };
  return namesOf(command, names, given);
}

/** What stands before the candidates of a word such as `--file=x`: they are told without it. */
export function inlineLead(words: readonly string[]): string {
  return /^--[^=]+=/.exec(joined(words).at(-1) ?? "")?.[0] ?? "";
}

const general: readonly Candidate[] = [
  { value: "help", text: "say how a command is used" },
  { value: "--help", text: "list the commands" },
  { value: "--version", text: "print the version" },
];

/** bash hands `--file=x` over in three words. */
function joined(words: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const [at, word] of words.entries()) {
    const last = found.at(-1);
    const isPart = word === "=" || words[at - 1] === "=";
    if (isPart && last?.startsWith("--")) found[found.length - 1] = last + word;
    else found.push(word);
  }
  return found;
}

interface Read {
  /** The option whose value comes next. */
  readonly option: readonly [string, Option] | undefined;
  readonly names: readonly string[];
  /** The options that stand there, with their values. */
  readonly given: ReadonlyMap<string, string>;
}

function readWords(words: readonly string[], { options }: Command): Read {
  const names: string[] = [];
  const given = new Map<string, string>();
  let option: readonly [string, Option] | undefined;
  for (const word of words) {
    if (option !== undefined) {
      given.set(option[0], word);
      option = undefined;
      continue;
    }
    const [, long, value] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? [];
    const found = Object.entries(options).find(([name, { short }]) => name === long || word === `-${short}`);
    if (found !== undefined) given.set(found[0], value ?? "");
    if (found !== undefined && found[1].type !== "boolean" && value === undefined) option = found;
    else if (!word.startsWith("-")) names.push(word);
  }
  return { option, names, given };
}

function wantedBy(name: string, option: Option): Wanted {
  if (option.type !== "boolean" && option.value === "FILE") return { kind: "files" };
  if (name === "project-name") return { kind: "projects" };
  if (name === "node") return { kind: "nodes" };
  const words: readonly string[] = name === "level" ? logLevels : name === "stream" ? logStreams : [];
  if (words.length > 0) return { kind: "words", candidates: words.map((value) => ({ value, text: "" })) };
  return { kind: "nothing" };
}

/** Those that are not there yet, or may be there again. */
function optionsOf({ options }: Command, given: ReadonlyMap<string, string>): readonly Candidate[] {
  const own = Object.entries(options)
    .filter(([name, option]) => "multiple" in option || !given.has(name))
    .map(([name, { help }]) => ({ value: `--${name}`, text: help }));
  return [...own, { value: "--help", text: "say how it is used" }];
}

function namesOf(command: Command, names: readonly string[], given: ReadonlyMap<string, string>): Wanted {
  if (names.length >= command.maxNames) return { kind: "nothing" };
  const fixed = fixedNames.get(command.name);
  if (fixed !== undefined && names.length > 0) {
    const isMachine =
      command.name === "remote" && /^(grant|forget)$/.test(names[0] ?? "") && names.length === 1;
    return isMachine ? { kind: "nodes" } : { kind: "nothing" };
  }
  if (fixed !== undefined) return { kind: "words", candidates: fixed.map((value) => ({ value, text: "" })) };
  if (command.names.includes("APP")) {
    return {
      kind: "apps",
      from: command.name === "up" || command.name === "plan" ? "manifest" : "daemon",
      project: given.get("project-name"),
      node: given.get("node"),
      isAll: given.has("all"),
      given: names,
    };
  }
  return command.names === "" ? { kind: "nothing" } : { kind: "files" };
}
