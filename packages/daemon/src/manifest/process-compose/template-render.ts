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

/** Fills in `text`. Throws `TemplateError` for a template that is wrong or uses what is not supported. */
export function renderTemplate(text: string, variables: Variables): Rendered {
  if (!text.includes("{{")) return { text, unknown: [] };
  const unknown: string[] = [];
  return { text: renderNodes(parseTemplate(text), variables, unknown), unknown };
}

function renderNodes(nodes: readonly TemplateNode[], variables: Variables, unknown: string[]): string {
  return nodes.map((node) => renderNode(node, variables, unknown)).join("");
}

function renderNode(node: TemplateNode, variables: Variables, unknown: string[]): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "print": {
      const value = evaluate(node.value, variables);
      if (value !== undefined && value !== null) return print(value);
      unknown.push(node.written);
      return node.written;
    }
    case "if": {
      const branch = node.branches.find(
        ({ condition }) => condition === undefined || isTrue(evaluate(condition, variables)),
      );
      return branch === undefined ? "" : renderNodes(branch.body, variables, unknown);
    }
  }
}

/** Undefined where a name has no value. */
function evaluate(expression: Expression, variables: Variables): TemplateValue | undefined {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "field": {
      let value: TemplateValue | undefined = variables;
      for (const name of expression.names) value = value instanceof Map ? value.get(name) : undefined;
      return value;
    }
    case "call":
      return call(expression.name, expression.operands, variables);
  }
}

function call(
  name: string,
  operands: readonly Expression[],
  variables: Variables,
): TemplateValue | undefined {
  // These two stop at the first operand that decides, as Go's do.
  if (name === "and" || name === "or") {
    let value: TemplateValue | undefined;
    for (const operand of operands) {
      value = evaluate(operand, variables);
      if (isTrue(value) === (name === "or")) return value;
    }
    return value;
  }
  const values = operands.map((operand) => evaluate(operand, variables));
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
      return values.map(printOrNothing).join("");
    case "println":
      return `${values.map(printOrNothing).join(" ")}\n`;
    case "printf":
      return format(typeof first === "string" ? first : "", rest);
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
