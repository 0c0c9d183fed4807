/** The rules of the house that neither the compiler nor the linters know. */
import { posix } from "node:path";
import { type Found, type ParsedSource, parseSource } from "./parsed-source.ts";
import { isProgram, type SourceTree } from "./source-tree.ts";

const mostLines = 400;
const emptyWords: ReadonlySet<string> = new Set(
  ["manager", "helper", "util", "handler"]
    .flatMap((word) => [word, `${word}s`])
    .concat("data", "info", "misc", "common"),
);

/** Every breach of the rules in a workspace, as `path:line: what is wrong`. */
export function styleViolations(tree: SourceTree): readonly string[] {
  const programs = [...tree].filter(([path]) => isProgram(path));
  const parsed = new Map(programs.map(([path, text]) => [path, parseSource(path, text)]));
  return programs.flatMap(([path, text]) => {
    const source = parsed.get(path);
    if (source === undefined) return [];
    const wrong = [...emptyNames(path), ...selectedTests(path, source), ...tooLong(path, text)];
    if (/^packages\/[^/]+\/src\//.test(path))
      wrong.push(...looseEnds(path, source), ...endlessMkdir(path, text));
    if (path.endsWith(".test.ts") && !hasTests(path, parsed, new Set())) wrong.push(`${path}:1: has no test`);
    return wrong;
  });
}

function isTest(path: string): boolean {
  return /(^|\/)(test|fixtures)\//.test(path);
}

function emptyNames(path: string): readonly string[] {
  return path
    .split(/[/.\-_]/)
    .filter((word) => emptyWords.has(word))
    .map((word) => `${path}:1: "${word}" in its name says nothing`);
}

function tooLong(path: string, text: string): readonly string[] {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return lines > mostLines ? [`${path}:${lines}: ${lines} lines, and ${mostLines} are the most`] : [];
}

function looseEnds(path: string, source: ParsedSource): readonly string[] {
  const tell = (found: readonly Found[], what: (text: string) => string): readonly string[] =>
    found.map(({ text, line }) => `${path}:${line}: ${what(text)}`);
  const promises = source.comments.flatMap(({ text, line }) =>
    [...text.matchAll(/\b(?:TODO|FIXME)\b|@ts-(?:ignore|expect-error|nocheck)/g)].map((match) => ({
      text: match[0],
      line: line + text.slice(0, match.index).split("\n").length - 1,
    })),
  );
  return [
    ...tell(source.exportAlls, (from) => `exports all of ${from}; name what is public`),
    ...tell(source.defaultExports, () => "has a default export; name it"),
    ...tell(source.anys, () => 'has the type "any"'),
    ...tell(promises, (word) => `${word} in a comment`),
  ];
}

/** `mkdir` with `recursive` does not return below a directory that takes no entries: `makeDirectories` does. */
function endlessMkdir(path: string, text: string): readonly string[] {
  return [...text.matchAll(/\bmkdir(Sync)?\([^;]*\brecursive: true/g)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    return `${path}:${line}: mkdir with recursive may never return; use makeDirectories of @holdfast/platform`;
  });
}

/** A test that only runs alone, or never, without a word on why. */
function selectedTests(path: string, { calls }: ParsedSource): readonly string[] {
  if (!isTest(path)) return [];
  return calls.flatMap(({ text, line, words }) => {
    const names = text.split(".");
    if (!/^(test|it|describe|suite|context|ctx|task)$/.test(names[0] ?? "")) return [];
    if (names.includes("only")) return [`${path}:${line}: ${text} leaves all other tests out`];
    const skips = names.includes("skip") && !/\bneeds \S/.test(words);
    return skips ? [`${path}:${line}: ${text} does not say what it needs ("skipped: needs X")`] : [];
  });
}

/** True when the file, or one of those beside it that it imports, has a test. */
function hasTests(path: string, parsed: ReadonlyMap<string, ParsedSource>, seen: Set<string>): boolean {
  const source = parsed.get(path);
  if (source === undefined || seen.has(path)) return false;
  seen.add(path);
  if (source.calls.some(({ text }) => /^(test|it)(\.(each|for|skipIf|runIf|concurrent))*$/.test(text)))
    return true;
  return source.imports.some(
    ({ text }) => text.startsWith(".") && hasTests(posix.join(posix.dirname(path), text), parsed, seen),
  );
}
