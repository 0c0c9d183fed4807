/** The entries of a Procfile, by foreman's one rule: `name: command` on a line; every other line is a remark. */
import { appNamePattern } from "../../spec/app-name.ts";
import type { SourceLocation } from "../../spec/app-spec.ts";
import type { ManifestFile } from "../load-context.ts";
import { formatLocation, type ProblemList } from "../problem.ts";

export interface ProcfileEntry {
  readonly name: string;
  readonly command: string;
  readonly location: SourceLocation;
}

const entryLine = /^([A-Za-z0-9_-]+):\s*(.+)$/;
const nameWithoutCommand = /^([A-Za-z0-9_-]+):\s*$/;

/**
 * The entries of all files, in order. Adds `no-processes` for a file in which no line is an entry,
 * `duplicate-name` (foreman would run both), `missing-command` and `invalid-name`.
 */
export function readProcfiles(
  files: readonly ManifestFile[],
  problems: ProblemList,
): readonly ProcfileEntry[] {
  const byName = new Map<string, ProcfileEntry>();
  for (const file of files) {
    const found = readLines(file, problems);
    if (found === 0) addNoEntries(file, problems);
  }
  return [...byName.values()];

  function readLines(file: ManifestFile, into: ProblemList): number {
    let found = 0;
    for (const [index, line] of linesOf(file.text).entries()) {
      const location = { file: file.label, line: index + 1, column: 1 };
      const entry = parseLine(line, location, into);
      if (entry === undefined) continue;
      found += 1;
      const first = byName.get(entry.name);
      if (first === undefined) byName.set(entry.name, entry);
      else addDuplicate(entry, first, into);
    }
    return found;
  }
}

function parseLine(line: string, location: SourceLocation, problems: ProblemList): ProcfileEntry | undefined {
  const [, name, command] = entryLine.exec(line) ?? nameWithoutCommand.exec(line) ?? [];
  if (name === undefined) return undefined;
  if (!appNamePattern.test(name)) {
    const hint = "begin it with a letter, a digit or _, and use at most 63 characters";
    problems.add("invalid-name", `"${name}" cannot be the name of a process`, location, hint);
  }
  if (command === undefined || command.trim() === "") {
    problems.add("missing-command", `the process "${name}" has no command`, location);
  }
  return { name, command: command ?? "", location };
}

function addDuplicate(entry: ProcfileEntry, first: ProcfileEntry, problems: ProblemList): void {
  const message = `the process "${entry.name}" is here a second time; the first is at ${formatLocation(first.location)}`;
  problems.add("duplicate-name", message, entry.location);
}

function addNoEntries(file: ManifestFile, problems: ProblemList): void {
  const lines = linesOf(file.text);
  const index = lines.findIndex((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  const location = { file: file.label, line: Math.max(index, 0) + 1, column: 1 };
  const shown = index < 0 ? "the file is empty" : "a colon must follow the name";
  problems.add("no-processes", 'no line has the form "name: command"', location, shown);
}

function linesOf(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/);
}
