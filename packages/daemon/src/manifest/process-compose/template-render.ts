/** Templates filled in with variables, by Go's rules of truth, order and printing. */
import { type Expression, parseTemplate, TemplateError, type TemplateNode } from "./template-parse.ts";

export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly TemplateValue[]
  | ReadonlyMap<string, TemplateValue>;
export type Variables = ReadonlyMap<string, TemplateValue>;

export interface Rendered {
  readonly text: string;
  /** Actions whose value does not exist; they stand in `text` as they were written. */
  readonly unknown: readonly string[];
}

/** All that the templates of one project may become, in characters: a few bytes could ask for any amount. */
const maxRendered = 16 * 1024 * 1024;

/** The templates of one project. Each text is parsed once, however many replicas have it. */
export class TemplateRenderer {
  readonly #parsed = new Map<string, readonly TemplateNode[]>();
  #left = maxRendered;

  /** Fills in `text`. Throws `TemplateError` for a template that is wrong, too large, or not supported. */
  render(text: string, variables: Variables): Rendered {
    if (!text.includes("{{")) return { text, unknown: [] };
    const nodes = this.#parsed.get(text) ?? parseTemplate(text);
    this.#parsed.set(text, nodes);
    const unknown = new Set<string>();
    const scope: Scope = { variables, unknown, spend: (made) => this.#spend(made) };
    return { text: renderNodes(nodes, scope), unknown: [...unknown] };
  }

  #spend(text: string): string {
    this.#left -= text.length;
    if (this.#left < 0) throw new TemplateError("the project's templates become too much text");
    return text;
  }
}

interface Scope {
  readonly variables: Variables;
  /** Collects the actions that have no value. */
  readonly unknown: Set<string>;
  /** Counts a text that was made, and gives it back. */
  readonly spend: (text: string) => string;
}

function renderNodes(nodes: readonly TemplateNode[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join("");
}

function renderNode(node: TemplateNode, scope: Scope): string {
  switch (node.kind) {
    case "text":
      return scope.spend(node.text);
    case "print": {
      const value = evaluate(node.value, scope);
      if (value !== undefined && value !== null) return scope.spend(print(value));
      scope.unknown.add(node.written);
      return scope.spend(node.written);
    }
    case "if": {
      const branch = node.branches.find(
        ({ condition }) => condition === undefined || isTrue(evaluate(condition, scope)),
      );
      return branch === undefined ? "" : renderNodes(branch.body, scope);
    }
  }
}

/** Undefined where a name has no value. */
function evaluate(expression: Expression, scope: Scope): TemplateValue | undefined {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "field": {
      let value: TemplateValue | undefined = scope.variables;
      for (const name of expression.names) value = value instanceof Map ? value.get(name) : undefined;
      return value;
    }
    case "call":
      return call(expression.name, expression.operands, scope);
  }
}

function call(name: string, operands: readonly Expression[], scope: Scope): TemplateValue | undefined {
  // These two stop at the first operand that decides, as Go's do.
  if (name === "and" || name === "or") {
    let value: TemplateValue | undefined;
    for (const operand of operands) {
      value = evaluate(operand, scope);
      if (isTrue(value) === (name === "or")) return value;
    }
    return value;
  }
  const values = operands.map((operand) => evaluate(operand, scope));
  const [first, ...rest] = values;
  switch (name) {
    case "not":
      return !isTrue(first);
    case "eq":
      return rest.some((other) => other === first);
    case "ne":
      return rest[0] !== first;
    case "lt":
    case "le":
    case "gt":
    case "ge":
      return compare(name, first, rest[0]);
    case "print":
      return scope.spend(values.map(printOrNothing).join(""));
    case "println":
      return scope.spend(`${values.map(printOrNothing).join(" ")}\n`);
    case "printf":
      return scope.spend(format(typeof first === "string" ? first : "", rest));
    case "len":
      return lengthOf(first);
    case "index":
      return rest.reduce<TemplateValue | undefined>(itemOf, first);
    default:
      throw new TemplateError(`the template function "${name}" is not supported`);
  }
}

function compare(
  name: "lt" | "le" | "gt" | "ge",
  left: TemplateValue | undefined,
  right: TemplateValue | undefined,
): boolean {
  const comparable =
    (typeof left === "number" && typeof right === "number") ||
    (typeof left === "string" && typeof right === "string");
  if (!comparable) throw new TemplateError(`"${name}" compares two numbers or two texts`);
  if (name === "lt") return left < right;
  if (name === "le") return left <= right;
  return name === "gt" ? left > right : left >= right;
}

function isTrue(value: TemplateValue | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return value !== undefined && value !== null && value !== "" && value !== 0 && value !== false;
}

function print(value: TemplateValue): string {
  if (Array.isArray(value)) return `[${value.map(printOrNothing).join(" ")}]`;
  if (value instanceof Map) {
    const entries = [...value.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${printOrNothing(item)}`).join(" ")}]`;
  }
  return String(value);
}

function printOrNothing(value: TemplateValue | undefined): string {
  return value === undefined || value === null ? "<nil>" : print(value);
}

function format(pattern: string, values: readonly (TemplateValue | undefined)[]): string {
  let next = 0;
  return pattern.replace(/%(0?)(\d*)([a-zA-Z%])/g, (whole, zero: string, width: string, verb: string) => {
    if (verb === "%") return "%";
    if (!"sdvqt".includes(verb)) throw new TemplateError(`printf's "${whole}" is not supported`);
    const value = values[next];
    next += 1;
    const text = verb === "q" ? JSON.stringify(printOrNothing(value)) : printOrNothing(value);
    return text.padStart(Math.min(Number(width), 1000), zero === "" ? " " : "0");
  });
}

function lengthOf(value: TemplateValue | undefined): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  throw new TemplateError('"len" takes a text, a list or a map');
}

function itemOf(value: TemplateValue | undefined, key: TemplateValue | undefined): TemplateValue | undefined {
  if (Array.isArray(value) && typeof key === "number") return value[key];
  if (value instanceof Map && typeof key === "string") return value.get(key);
  throw new TemplateError('"index" takes a list and a number, or a map and a text');
}
