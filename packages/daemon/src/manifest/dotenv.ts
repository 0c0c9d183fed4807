/**
 * Environment files by Compose's rules. `KEY=value` or `KEY: value`, with `export` before it or not; `# comments`;
 * `'literal'` and `"substituted\n"` values over several lines; a bare `KEY` takes the caller's value. Unquoted
 * and double-quoted values have variables substituted, from the caller first and then from the lines above.
 */
import { interpolate, type Lookup } from "./interpolate.ts";
import { LineIndex } from "./line-index.ts";
import type { ProblemList } from "./problem.ts";

/** How much the values of one file may hold once their variables are substituted, in characters. */
const maxTotal = 16 * 1024 * 1024;

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // Substitution comes after, and takes two for one that is plain.
  $: "$$",
};

/** The variables of a file, in its order; a name that comes twice has the later value. Code `dotenv-syntax`. */
export function parseDotenv(
  file: string,
  text: string,
  lookup: Lookup,
  problems: ProblemList,
): ReadonlyMap<string, string> {
  return new DotenvParser(file, text, lookup, problems).parse();
}

/** Compose's `format: raw`: each line up to the first `=` is the name, all the rest the value, quotes and all. */
export function parseRawEnv(text: string, lookup: Lookup): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const line of stripBom(text).split(/\r?\n/)) {
    const trimmed = line.trimStart();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const equals = trimmed.indexOf("=");
    const name = equals < 0 ? trimmed.trimEnd() : trimmed.slice(0, equals);
    const value = equals < 0 ? lookup(name) : trimmed.slice(equals + 1);
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}

class DotenvParser {
  readonly #lines: LineIndex;
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #problems: ProblemList;
  readonly #variables = new Map<string, string>();
  #index = 0;
  #total = 0;

  constructor(file: string, text: string, lookup: Lookup, problems: ProblemList) {
    this.#text = stripBom(text).replaceAll("\r\n", "\n");
    this.#lines = new LineIndex(file, this.#text);
    this.#lookup = lookup;
    this.#problems = problems;
  }

  parse(): ReadonlyMap<string, string> {
    const nul = this.#text.indexOf("\0");
    if (nul >= 0) {
      this.#wrong(nul, "this is no text: it holds a NUL");
      return this.#variables;
    }
    while (this.#index < this.#text.length && this.#total <= maxTotal) {
      this.#skip(/\s+/y);
      if (this.#text[this.#index] === "#") this.#skip(/[^\n]*/y);
      else if (this.#index < this.#text.length) this.#statement();
    }
    return this.#variables;
  }

  #statement(): void {
    this.#skip(/export[^\S\n]+/y);
    const start = this.#index;
    const name = this.#skip(/[^\n=:#"'`]*/y).trimEnd();
    const bad = /[^\p{L}\p{N}_.[\]-]/u.exec(name);
    const separator = this.#text[this.#index];
    if (
      name === "" ||
      bad !== null ||
      (separator !== "=" && separator !== ":" && separator !== "\n" && separator !== undefined)
    ) {
      const at = start + (bad?.index ?? name.length);
      this.#wrong(
        at,
        bad?.[0] === " " ? `a name cannot contain a space: ${quoteLine(name)}` : "this line is no KEY=value",
      );
      this.#skip(/[^\n]*/y);
      return;
    }
    if (separator === "\n" || separator === undefined) {
      const inherited = this.#lookup(name);
      if (inherited !== undefined) this.#variables.set(name, inherited);
      return;
    }
    this.#index += 1;
    this.#skip(/[^\S\n]+/y);
    const value = this.#value();
    if (value !== undefined) this.#variables.set(name, value);
  }

  #value(): string | undefined {
    const start = this.#index;
    const quote = this.#text[start];
    if (quote !== '"' && quote !== "'") {
      const line = this.#skip(/[^\n]*/y);
      // A `#` begins a comment only after a space, or where the value would have begun.
      const comment = line.startsWith("#") ? 0 : line.search(/\s#/);
      return this.#substituted((comment < 0 ? line : line.slice(0, comment)).trimEnd(), start);
    }
    this.#index += 1;
    const body = this.#skip(quote === '"' ? /[^"\\]*(?:\\[\s\S][^"\\]*)*/y : /[^'\\]*(?:\\[\s\S][^'\\]*)*/y);
    if (this.#text[this.#index] !== quote) {
      this.#wrong(start, "a quoted value is never closed");
      this.#index = this.#text.length;
      return undefined;
    }
    this.#index += 1;
    this.#skip(/[^\S\n]+/y);
    const next = this.#text[this.#index];
    if (next !== undefined && next !== "\n" && next !== "#") {
      this.#wrong(this.#index, "there is more text after the closing quote");
      this.#skip(/[^\n]*/y);
    }
    if (quote === "'") return body.replaceAll("\\'", "'");
    return this.#substituted(undoEscapes(body), start);
  }

  #substituted(text: string, start: number): string | undefined {
    const result = interpolate(text, (name) => this.#lookup(name) ?? this.#variables.get(name));
    if (result.ok) {
      this.#total += result.text.length;
      if (this.#total > maxTotal) this.#wrong(start, "the variables of this file stand for more than 16 MiB");
      return result.text;
    }
    const hint =
      result.kind === "syntax" ? "put the value into single quotes, or write $$ for a $" : undefined;
    this.#wrong(start + result.offset, result.reason, hint);
    return undefined;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#index;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#index += found.length;
    return found;
  }

  #wrong(offset: number, message: string, hint?: string): void {
    this.#problems.add("dotenv-syntax", message, this.#lines.locationOf(offset), hint);
  }
}

function undoEscapes(body: string): string {
  return body.replace(/\\(?:0([0-7]{1,3})|(.))/g, (whole, octal: string | undefined, char: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return Object.hasOwn(escapes, char) ? (escapes[char] ?? whole) : whole;
  });
}

function stripBom(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function quoteLine(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
