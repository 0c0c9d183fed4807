/**
 * YAML 1.2 (core schema, with merge keys) into a located tree. A hostile file costs little: its size, depth and
 * what its aliases stand for are bounded before anybody walks the tree.
 */
import { Composer, CST, Lexer, LineCounter, Parser, type YAMLParseError } from "yaml";
import type { SourceLocation } from "../spec/app-spec.ts";
import { maxFileBytes } from "./load-context.ts";
import type { Located } from "./located.ts";
import type { ProblemList } from "./problem.ts";
import { type LocationOf, locateDocument } from "./yaml-tree.ts";

/** How deep lists and maps may be nested. */
export const maxYamlDepth: number = 64;

/** Bounds the parse to a fraction of a second: some 25,000 ordinary lines. */
const maxLexemes = 200_000;

/** Syntax errors after the first few follow from them and only hide them. */
const shownErrors = 3;

/**
 * Parses one document. Gives undefined after adding what is wrong to `problems`; an empty file is a scalar that
 * is null. Codes: `file-too-large`, `yaml-syntax`, `yaml-too-deep`, `yaml-several-documents`,
 * `yaml-duplicate-key`, `yaml-alias-bomb`, `yaml-unknown-alias`.
 */
export function parseYaml(file: string, text: string, problems: ProblemList): Located | undefined {
  const start: SourceLocation = { file, line: 1, column: 1 };
  if (text.length > maxFileBytes) {
    problems.add("file-too-large", `the file is larger than ${maxFileBytes / 1024 / 1024} MiB`, start);
    return undefined;
  }
  const lines = new LineCounter();
  const locationOf: LocationOf = (offset) => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? start : { file, line, column: col };
  };
  const tokens = readTokens(text, lines, locationOf, problems);
  if (tokens === undefined) return undefined;
  const documents = [
    ...new Composer({
      version: "1.2",
      schema: "core",
      uniqueKeys: false,
      prettyErrors: false,
      customTags: [],
    }).compose(tokens, true, text.length),
  ];
  const [document, second] = documents;
  if (document === undefined) return undefined;
  if (addSyntaxErrors(document.errors, locationOf, problems)) return undefined;
  if (second !== undefined) {
    const at = locationOf(second.range[0]);
    problems.add(
      "yaml-several-documents",
      "the file holds more than one YAML document",
      at,
      "put each into a file of its own",
    );
    return undefined;
  }
  return locateDocument(document, locationOf, problems);
}

function readTokens(
  text: string,
  lines: LineCounter,
  locationOf: LocationOf,
  problems: ProblemList,
): readonly CST.Token[] | undefined {
  const tokens: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    lexemes += 1;
    if (lexemes > maxLexemes) {
      problems.add(
        "file-too-large",
        "the file holds too much YAML to be a manifest",
        locationOf(parser.offset),
      );
      return undefined;
    }
    // Long before the parser itself is slow or overflows; how deep it is exactly is asked below.
    if (parser.stack.length > 2 * maxYamlDepth) {
      addTooDeep(parser.offset, locationOf, problems);
      return undefined;
    }
  }
  tokens.push(...parser.end());
  for (const token of tokens) {
    const tooDeep = findTooDeep(token);
    if (tooDeep === undefined) continue;
    addTooDeep(tooDeep, locationOf, problems);
    return undefined;
  }
  return tokens;
}

function addTooDeep(offset: number, locationOf: LocationOf, problems: ProblemList): void {
  problems.add(
    "yaml-too-deep",
    `lists and maps are nested more than ${maxYamlDepth} deep`,
    locationOf(offset),
  );
}

/** The offset of the first token that is nested too deep. Walks with a stack of its own: the depth is the attack. */
function findTooDeep(root: CST.Token): number | undefined {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { token, depth } = entry;
    if (depth > maxYamlDepth) return "offset" in token ? token.offset : 0;
    if (token.type === "document" && token.value !== undefined) open.push({ token: token.value, depth });
    if (!CST.isCollection(token)) continue;
    for (const item of token.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return undefined;
}

function addSyntaxErrors(
  errors: readonly YAMLParseError[],
  locationOf: LocationOf,
  problems: ProblemList,
): boolean {
  for (const error of errors.slice(0, shownErrors)) {
    problems.add("yaml-syntax", `not valid YAML: ${error.message}`, locationOf(error.pos[0]));
  }
  return errors.length > 0;
}
