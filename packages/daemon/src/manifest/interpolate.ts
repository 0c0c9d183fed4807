/**
 * Variables in a text, by the Compose specification: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`,
 * `${VAR:?error}`, `${VAR?error}`, `${VAR:+instead}`, `${VAR+instead}`, each nested, and `$$` for a plain `$`.
 */

/** A variable's value; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export type Interpolation =
  /** `unset` are the names that had neither a value nor a default, and became nothing. */
  | { readonly ok: true; readonly text: string; readonly unset: readonly string[] }
  /** `offset` is where in the text the trouble begins, from 0. `required` is a `:?` that was not met. */
  | {
      readonly ok: false;
      readonly kind: "syntax" | "required";
      readonly reason: string;
      readonly offset: number;
    };

const maxNesting = 32;
/** A few variables can be made to stand for very much. */
const maxLength = 1024 * 1024;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const operator = /:?[-?+]/y;

/** Substitutes all variables of `text`; bounded work, whatever the text. */
export function interpolate(text: string, lookup: Lookup): Interpolation {
  if (!text.includes("$")) return { ok: true, text, unset: [] };
  const unset: string[] = [];
  try {
    const state: State = { text, lookup, unset };
    return { ok: true, text: substitute(state, 0, text.length, 0), unset };
  } catch (error) {
    if (error instanceof BadTemplate) return error.failure;
    throw error;
  }
}

interface State {
  readonly text: string;
  readonly lookup: Lookup;
  readonly unset: string[];
}

class BadTemplate extends Error {
  readonly failure: Interpolation & { readonly ok: false };

  constructor(kind: "syntax" | "required", reason: string, offset: number) {
    super(reason);
    this.failure = { ok: false, kind, reason, offset };
  }
}

function substitute(state: State, start: number, end: number, nesting: number): string {
  if (nesting > maxNesting) throw new BadTemplate("syntax", "variables are nested too deep", start);
  let result = "";
  let index = start;
  while (index < end) {
    if (result.length > maxLength) throw new BadTemplate("syntax", "it becomes longer than 1 MiB", index);
    const dollar = state.text.indexOf("$", index);
    if (dollar < 0 || dollar >= end) return result + state.text.slice(index, end);
    result += state.text.slice(index, dollar);
    const next = dollar + 1 < end ? state.text[dollar + 1] : undefined;
    if (next === "$") {
      result += "$";
      index = dollar + 2;
    } else if (next === "{") {
      const close = closingBrace(state.text, dollar + 2, end);
      if (close < 0) throw new BadTemplate("syntax", 'a "${" is never closed', dollar);
      result += braced(state, dollar, close, nesting);
      index = close + 1;
    } else {
      const found = matchAt(name, state.text, dollar + 1);
      if (found === undefined) throw new BadTemplate("syntax", `a "$" begins no variable`, dollar);
      result += plain(state, found);
      index = dollar + 1 + found.length;
    }
  }
  return result;
}

/** The brace that ends what was opened before `start`; braces within, as of JSON in a default, are matched. */
function closingBrace(text: string, start: number, end: number): number {
  let open = 1;
  for (let index = start; index < end; index += 1) {
    if (text[index] === "{") open += 1;
    if (text[index] === "}") open -= 1;
    if (open === 0) return index;
  }
  return -1;
}

function braced(state: State, dollar: number, close: number, nesting: number): string {
  const variable = matchAt(name, state.text, dollar + 2);
  const whole = state.text.slice(dollar, close + 1);
  if (variable === undefined) throw new BadTemplate("syntax", `"${whole}" names no variable`, dollar);
  const after = dollar + 2 + variable.length;
  if (after === close) return plain(state, variable);
  const symbol = matchAt(operator, state.text, after);
  if (symbol === undefined) throw new BadTemplate("syntax", `"${whole}" is not understood`, dollar);
  const value = state.lookup(variable);
  const present = value !== undefined && !(symbol.startsWith(":") && value === "");
  const word = (): string => substitute(state, after + symbol.length, close, nesting + 1);
  if (symbol.endsWith("+")) return present ? word() : "";
  if (present) return value;
  if (symbol.endsWith("-")) return word();
  throw new BadTemplate("required", requiredMessage(variable, word()), dollar);
}

function requiredMessage(variable: string, why: string): string {
  return why === "" ? `the variable ${variable} is required` : `the variable ${variable} is required: ${why}`;
}

function plain(state: State, variable: string): string {
  const value = state.lookup(variable);
  if (value === undefined) state.unset.push(variable);
  return value ?? "";
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}
