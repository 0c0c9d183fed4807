/**
 * YAML 1.2 (core schema, with merge keys) into a located tree. A hostile file costs little: its size, depth and
 * what its aliases stand for are bounded before anybody walks the tree.
 */
import { Composer, LineCounter, type YAMLParseError } from "yaml";
import type { SourceLocation } from "../spec/app-spec.ts";
import { maxFileBytes } from "./load-context.ts";
import type { Located } from "./located.ts";
import type { ProblemList } from "./problem.ts";
import { readYamlTokens } from "./yaml-tokens.ts";
import { type LocationOf, locateDocument } from "./yaml-tree.ts";

/** Syntax errors after the first few follow from them and only hide them. */
const shownErrors = 3;

/**
 * Parses one document. Gives undefined after adding what is wrong to `problems`; an empty file is a scalar that
 * is null. Codes: `file-too-large`, `yaml-syntax`, `yaml-too-deep`, `yaml-several-documents`,
 * `yaml-duplicate-key`, `yaml-alias-bomb`, `yaml-unknown-alias`, `yaml-unknown-tag`, `yaml-nul`, `wrong-type`.
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
  const read = readYamlTokens(text, lines, locationOf, problems);
  if (read === undefined) return undefined;
  const documents = [
    ...new Composer({
      version: "1.2",
      schema: "core",
      uniqueKeys: false,
      prettyErrors: false,
      customTags: [],
    }).compose(read.tokens, true, text.length),
  ];
  const [document, second] = documents;
  if (document === undefined) return undefined;
  if (addSyntaxErrors(document.errors, read.lastQuote, locationOf, problems)) return undefined;
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

function addSyntaxErrors(
  errors: readonly YAMLParseError[],
  lastQuote: number | undefined,
  locationOf: LocationOf,
  problems: ProblemList,
): boolean {
  for (const error of errors.slice(0, shownErrors)) {
    // The parser sees it at the end of the file; the writer must look where it was opened.
    const opened = error.message.startsWith("Missing closing") ? lastQuote : undefined;
    problems.add("yaml-syntax", `not valid YAML: ${error.message}`, locationOf(opened ?? error.pos[0]));
  }
  return errors.length > 0;
}
