/** The tokens of a YAML text, refused while they are read if they are too many or too deep. */
import { CST, Lexer, type LineCounter, Parser } from "yaml";
import type { ProblemList } from "./problem.ts";
import type { LocationOf } from "./yaml-tree.ts";

/** How deep lists and maps may be nested. */
const maxYamlDepth = 64;

/** Bounds the parse to a fraction of a second: some 25,000 ordinary lines. */
const maxLexemes = 200_000;

export interface YamlTokens {
  readonly tokens: readonly CST.Token[];
  /** Where the last quoted text begins: the culprit, when a quote is missing at the end of the file. */
  readonly lastQuote: number | undefined;
}

/** The tokens, or undefined after adding `file-too-large` or `yaml-too-deep`. Fills `lines` as it goes. */
export function readYamlTokens(
  text: string,
  lines: LineCounter,
  locationOf: LocationOf,
  problems: ProblemList,
): YamlTokens | undefined {
  const tokens: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    lexemes += 1;
    if (lexemes > maxLexemes) {
      const message = "the file holds too much YAML to be a manifest";
      problems.add("file-too-large", message, locationOf(parser.offset));
      return undefined;
    }
    // Long before the parser itself is slow or overflows; how deep it is exactly is asked below.
    if (parser.stack.length > 2 * maxYamlDepth) return tooDeep(parser.offset, locationOf, problems);
  }
  tokens.push(...parser.end());
  const survey: Survey = { tooDeepAt: undefined, lastQuote: undefined };
  for (const token of tokens) look(token, survey);
  if (survey.tooDeepAt !== undefined) return tooDeep(survey.tooDeepAt, locationOf, problems);
  return { tokens, lastQuote: survey.lastQuote };
}

interface Survey {
  tooDeepAt: number | undefined;
  lastQuote: number | undefined;
}

/** Walks with a stack of its own: the depth is the attack. */
function look(root: CST.Token, survey: Survey): void {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { token, depth } = entry;
    const offset = "offset" in token ? token.offset : 0;
    if (depth > maxYamlDepth) survey.tooDeepAt ??= offset;
    if (token.type === "double-quoted-scalar" || token.type === "single-quoted-scalar") {
      survey.lastQuote = Math.max(survey.lastQuote ?? 0, offset);
    }
    if (token.type === "document" && token.value !== undefined) open.push({ token: token.value, depth });
    if (!CST.isCollection(token)) continue;
    for (const item of token.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
}

function tooDeep(offset: number, locationOf: LocationOf, problems: ProblemList): undefined {
  const message = `lists and maps are nested more than ${maxYamlDepth} deep`;
  problems.add("yaml-too-deep", message, locationOf(offset));
  return undefined;
}
