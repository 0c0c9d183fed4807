/**
 * The part of Go's text templates that process-compose files use: `{{.NAME}}`, literals, pipelines and calls of
 * the built-in functions, `if … else if … else … end`, comments, and `{{-`/`-}}` that take away white space.
 */

export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  /** `written` is the whole action, for values that do not exist. */
  | { readonly kind: "print"; readonly value: Expression; readonly written: string }
  | { readonly kind: "if"; readonly branches: readonly Branch[] };

export interface Branch {
  /** Absent for `else`. */
  readonly condition?: Expression;
  readonly body: readonly TemplateNode[];
}

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  /** No names: the whole of the variables. */
  | { readonly kind: "field"; readonly names: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] };

/** A template that is wrong, or says what is not supported. */
export class TemplateError extends Error {}

const maxDepth = 50;

/** Parses a template. Throws `TemplateError`. */
export function parseTemplate(text: string): readonly TemplateNode[] {
  const parser = new BlockParser(splitActions(text));
  return parser.parse();
}

type Piece = { readonly text: string } | { readonly action: string; readonly written: string };

function splitActions(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let index = 0;
  let trimNext = false;
  const addText = (raw: string, trimEnd: boolean): void => {
    const started = trimNext ? raw.trimStart() : raw;
    pieces.push({ text: trimEnd ? started.trimEnd() : started });
  };
  for (let open = text.indexOf("{{"); open >= 0; open = text.indexOf("{{", index)) {
    const close = actionEnd(text, open + 2);
    const written = text.slice(open, close);
    addText(text.slice(index, open), /^\{\{-\s/.test(written));
    trimNext = /\s-\}\}$/.test(written);
    const body = written.slice(2, -2).replace(/^-\s/, "").replace(/\s-$/, "").trim();
    if (!(body.startsWith("/*") && body.endsWith("*/"))) pieces.push({ action: body, written });
    index = close;
  }
  addText(text.slice(index), false);
  return pieces;
}

/** The offset after the `}}` that ends an action; quoted text may contain braces. */
function actionEnd(text: string, start: number): number {
  const token = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*.*?\*\/|\}\}|[^"`/}]+|./sy;
  token.lastIndex = start;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === "}}") return token.lastIndex;
  }
  throw new TemplateError('a "{{" is never closed');
}

class BlockParser {
  readonly #pieces: readonly Piece[];
  #index = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  parse(): readonly TemplateNode[] {
    const nodes = this.#nodes(0);
    const rest = this.#pieces[this.#index];
    if (rest !== undefined && "action" in rest) throw new TemplateError(`"${rest.written}" ends nothing`);
    return nodes;
  }

  /** Nodes up to an `else`, an `end`, or the end of the text. */
  #nodes(depth: number): readonly TemplateNode[] {
    if (depth > maxDepth) throw new TemplateError("the template is nested too deep");
    const nodes: TemplateNode[] = [];
    for (let piece = this.#pieces[this.#index]; piece !== undefined; piece = this.#pieces[this.#index]) {
      if ("text" in piece) {
        nodes.push({ kind: "text", text: piece.text });
        this.#index += 1;
        continue;
      }
      const [keyword = ""] = /^[a-z]+\b(?!\()/.exec(piece.action) ?? [];
      if (keyword === "else" || keyword === "end") return nodes;
      this.#index += 1;
      if (keyword === "if") {
        nodes.push({ kind: "if", branches: this.#branches(piece.action.slice(2), depth) });
      } else {
        const value = parseExpression(piece.action);
        nodes.push({ kind: "print", value, written: piece.written });
      }
    }
    return nodes;
  }

  #branches(condition: string, depth: number): readonly Branch[] {
    const branches: Branch[] = [{ condition: parseExpression(condition), body: this.#nodes(depth + 1) }];
    for (;;) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined || !("action" in piece)) throw new TemplateError('an "if" has no "end"');
      this.#index += 1;
      if (piece.action === "end") return branches;
      const elseIf = /^else\s+if\b(.*)$/s.exec(piece.action)?.[1];
      if (elseIf === undefined && piece.action !== "else") {
        throw new TemplateError(`"${piece.written}" is not understood`);
      }
      const body = this.#nodes(depth + 1);
      branches.push(elseIf === undefined ? { body } : { condition: parseExpression(elseIf), body });
    }
  }
}

/** What Go has and process-compose files have no use for; said by name so that nobody has to guess. */
const unsupported = new Set(["range", "with", "define", "template", "block", "break", "continue", "call"]);
const tokens =
  /\s*(?:(\()|(\))|(\|)|("(?:[^"\\\n]|\\.)*")|`([^`]*)`|(-?\d+(?:\.\d+)?)(?![\w.])|(\.(?:[\p{L}_][\p{L}\p{Nd}_]*(?:\.[\p{L}_][\p{L}\p{Nd}_]*)*)?)|([A-Za-z_]\w*))/uy;

function parseExpression(text: string): Expression {
  const list: RegExpExecArray[] = [];
  tokens.lastIndex = 0;
  while (tokens.lastIndex < text.trimEnd().length) {
    const at = tokens.lastIndex;
    const token = tokens.exec(text);
    if (token === null) throw new TemplateError(`"${text.slice(at).trim()}" is not understood`);
    list.push(token);
  }
  let index = 0;
  const result = pipeline(0);
  if (index < list.length) throw new TemplateError(`"${text.trim()}" is not understood`);
  return result;

  function pipeline(depth: number): Expression {
    if (depth > maxDepth) throw new TemplateError("the template is nested too deep");
    let value = command(depth);
    while (list[index]?.[3] !== undefined) {
      index += 1;
      const next = command(depth);
      if (next.kind !== "call") throw new TemplateError('only a function can follow a "|"');
      value = { ...next, operands: [...next.operands, value] };
    }
    return value;
  }

  function command(depth: number): Expression {
    const name = list[index]?.[8];
    if (name === undefined || name === "true" || name === "false" || name === "nil") return operand(depth);
    index += 1;
    if (unsupported.has(name)) throw new TemplateError(`"${name}" is not supported in a template`);
    const operands: Expression[] = [];
    while (list[index] !== undefined && list[index]?.[2] === undefined && list[index]?.[3] === undefined) {
      operands.push(operand(depth));
    }
    return { kind: "call", name, operands };
  }

  function operand(depth: number): Expression {
    const token = list[index];
    if (token === undefined) throw new TemplateError("a value is missing");
    index += 1;
    const [, open, , , quoted, raw, number, field, name] = token;
    if (open !== undefined) {
      const value = pipeline(depth + 1);
      if (list[index]?.[2] === undefined) throw new TemplateError('a "(" is never closed');
      index += 1;
      return value;
    }
    if (quoted !== undefined) return { kind: "literal", value: unquote(quoted) };
    if (raw !== undefined) return { kind: "literal", value: raw };
    if (number !== undefined) return { kind: "literal", value: Number(number) };
    if (field !== undefined) return { kind: "field", names: field.split(".").filter((part) => part !== "") };
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "nil") return { kind: "literal", value: null };
    if (name !== undefined) return { kind: "call", name, operands: [] };
    throw new TemplateError(`"${token[0].trim()}" is not expected here`);
  }
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
}
