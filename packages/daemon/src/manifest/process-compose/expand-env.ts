/**
 * Environment variables in the whole text of a process-compose file, before anybody parses it: `${NAME}` with
 * the operators of `applyOperator`, nested in operands, and `$$` for a plain `$`. A `$NAME` without braces is
 * left for the shell.
 */
import { applyOperator } from "./variable-operations.ts";

export interface Expanded {
  readonly ok: true;
  readonly text: string;
  /** Where each stretch of `text` came from, in order of both. */
  readonly stretches: readonly Stretch[];
}

/** From `at` on in the new text stands what begins at `from` in the old one. */
export interface Stretch {
  readonly at: number;
  readonly from: number;
  /** False: a value that the old text does not contain. */
  readonly verbatim: boolean;
}

export type Expansion = Expanded | { readonly ok: false; readonly reason: string; readonly offset: number };

/** A variable's value, `""` where there is none. */
export type ValueLookup = (name: string) => string;

/** The most that a text may grow to: a value repeated by a hostile file. */
const maxLength = 4 * 1024 * 1024;

export function expandEnv(text: string, lookup: ValueLookup): Expansion {
  const expander = new Expander(text, lookup);
  try {
    return expander.expand();
  } catch (error) {
    if (error instanceof BadExpansion) return { ok: false, reason: error.message, offset: error.offset };
    throw error;
  }
}

class BadExpansion extends Error {
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

class Expander {
  readonly #text: string;
  readonly #lookup: ValueLookup;
  #index = 0;
  #depth = 0;

  constructor(text: string, lookup: ValueLookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  expand(): Expanded {
    const stretches: Stretch[] = [];
    const pieces: string[] = [];
    let length = 0;
    const add = (piece: string, from: number, verbatim: boolean): void => {
      if (piece === "") return;
      stretches.push({ at: length, from, verbatim });
      pieces.push(piece);
      length += piece.length;
      if (length > maxLength) throw new BadExpansion("the file grows too large with its variables", from);
    };
    while (this.#index < this.#text.length) {
      const start = this.#index;
      const dollar = this.#nextDollar(start);
      add(this.#text.slice(start, dollar), start, true);
      this.#index = dollar;
      if (this.#text.startsWith("$$", dollar)) {
        add("$", dollar, true);
        this.#index += 2;
      } else if (dollar < this.#text.length) {
        add(this.#braced(), dollar, false);
      }
    }
    return { ok: true, text: pieces.join(""), stretches };
  }

  /** The next `$$` or `${`, or the end. */
  #nextDollar(from: number): number {
    const pattern = /\$[${]/g;
    pattern.lastIndex = from;
    return pattern.exec(this.#text)?.index ?? this.#text.length;
  }

  /** What stands from `${` to its `}`. */
  #braced(): string {
    const start = this.#index;
    this.#depth += 1;
    if (this.#depth > 32) throw new BadExpansion("variables are nested too deep", start);
    this.#index += 2;
    const wantsLength = this.#take(/#/y) !== "";
    const name = this.#take(/[\p{L}\p{Nd}_]+/uy);
    if (name === "") throw new BadExpansion('a variable\'s name must follow "${"', start);
    const value = this.#lookup(name);
    const result = wantsLength ? applyOperator("length", value, []) : this.#operated(value, start);
    if (this.#take(/\}/y) === "") {
      const shown = /^[^\n}]*\}?/.exec(this.#text.slice(start, start + 40))?.[0] ?? "";
      throw new BadExpansion(`"${shown}" is no variable that can be substituted`, start);
    }
    this.#depth -= 1;
    return result;
  }

  #operated(value: string, start: number): string {
    const operator = this.#take(/:[=?+-]|=|,,?|\^\^?|\/[/#%]?|##?|%%?|:/y);
    if (operator === "") return value;
    if (operator.startsWith(",") || operator.startsWith("^")) return applyOperator(operator, value, []);
    if (operator === ":") return applyOperator(operator, value, this.#separated(/[^:}$]|\$(?!\{)/y, /:+/y));
    if (operator.startsWith("/")) {
      const operands = this.#separated(/\\[/\\]|[^/}\n$]|\$(?!\{)/y, /\/+/y);
      if (operands.length < 2) throw new BadExpansion("a replacement needs a second /", start);
      return applyOperator(
        operator,
        value,
        operands.map((operand) => operand.replace(/\\([/\\])/g, "$1")),
      );
    }
    return applyOperator(operator, value, [this.#operand(/[^}$]|\$(?!\{)/y)]);
  }

  /** Two operands, of which the second is all up to the brace; one, when no separator follows it. */
  #separated(char: RegExp, separator: RegExp): readonly string[] {
    const first = this.#operand(char);
    return this.#take(separator) === "" ? [first] : [first, this.#operand(/[^}$]|\$(?!\{)/y)];
  }

  /** Characters that match, and nested variables; `$$` is a plain `$` here as well. */
  #operand(char: RegExp): string {
    let result = "";
    while (this.#index < this.#text.length) {
      if (this.#take(/\$\$/y) !== "") {
        result += "$";
      } else if (this.#text.startsWith("${", this.#index)) {
        result += this.#braced();
      } else {
        const next = this.#take(char);
        if (next === "") return result;
        result += next;
      }
      if (result.length > maxLength) throw new BadExpansion("a default grows too large", this.#index);
    }
    return result;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#index;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#index += found.length;
    return found;
  }
}
