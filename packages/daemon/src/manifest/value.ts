/** One located value as a type; a wrong one is recorded with what was found and what was expected, and is undefined. */
import { parseDuration } from "./duration.ts";
import { describeLocated, isNull, type Located, type LocatedMap } from "./located.ts";
import { didYouMean } from "./nearest.ts";
import type { ProblemList } from "./problem.ts";

export interface IntegerRange {
  readonly min?: number;
  readonly max?: number;
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "on"].map((text) => [text, true] as const),
  ...["false", "no", "off"].map((text) => [text, false] as const),
]);

/** A text; quoted or not, but nothing that YAML reads as a number or a truth value. */
export function asString(node: Located, path: string, problems: ProblemList): string | undefined {
  if (node.kind === "scalar" && typeof node.value === "string") return node.text;
  return wrongType(node, path, problems, "a text");
}

/** Any scalar but null, as it was written. */
export function asText(node: Located, path: string, problems: ProblemList): string | undefined {
  if (node.kind === "scalar" && node.value !== null) return node.text;
  return wrongType(node, path, problems, "a text");
}

export function asBoolean(node: Located, path: string, problems: ProblemList): boolean | undefined {
  if (node.kind === "scalar" && typeof node.value !== "number") {
    const value = truths.get(node.text.toLowerCase());
    if (value !== undefined) return value;
  }
  return wrongType(node, path, problems, "true or false");
}

/** A whole number, quoted or not, for variables are substituted into texts. */
export function asInteger(
  node: Located,
  path: string,
  problems: ProblemList,
  range: IntegerRange,
): number | undefined {
  const text = node.kind === "scalar" ? node.text : "";
  const value = node.kind === "scalar" && typeof node.value === "number" ? node.value : Number(text);
  if (text === "" || !Number.isSafeInteger(value)) return wrongType(node, path, problems, "a whole number");
  if (range.min !== undefined && value < range.min)
    return outOfRange(node, path, problems, `at least ${range.min}`);
  if (range.max !== undefined && value > range.max)
    return outOfRange(node, path, problems, `at most ${range.max}`);
  return value;
}

/** Milliseconds of a text such as `1m30s`. */
export function asDurationMs(
  node: Located,
  path: string,
  problems: ProblemList,
  bareUnitMs?: number,
): number | undefined {
  const value = node.kind === "scalar" ? parseDuration(node.text, bareUnitMs) : undefined;
  if (value !== undefined) return value;
  return wrongType(node, path, problems, 'a duration such as "10s" or "1m30s"');
}

export function asOneOf<const T extends string>(
  node: Located,
  path: string,
  problems: ProblemList,
  allowed: readonly T[],
): T | undefined {
  const text = node.kind === "scalar" ? node.text : undefined;
  const found = allowed.find((value) => value === text);
  if (found !== undefined) return found;
  const message = `${path} must be one of ${allowed.join(", ")}, found ${describeLocated(node)}`;
  const hint = text === undefined ? undefined : didYouMean(text, allowed);
  problems.add("invalid-value", message, node.location, hint);
  return undefined;
}

export function asMap(node: Located, path: string, problems: ProblemList): LocatedMap | undefined {
  return node.kind === "map" ? node : wrongType(node, path, problems, "a map");
}

export function asTextList(
  node: Located,
  path: string,
  problems: ProblemList,
): readonly string[] | undefined {
  if (node.kind !== "list") return wrongType(node, path, problems, "a list");
  const texts: string[] = [];
  for (const [index, item] of node.items.entries()) {
    const text = asText(item, `${path}[${index}]`, problems);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

export function asStringMap(
  node: Located,
  path: string,
  problems: ProblemList,
): Readonly<Record<string, string>> | undefined {
  if (node.kind !== "map") return wrongType(node, path, problems, "a map");
  const texts: [string, string][] = [];
  for (const { key, value } of node.entries.values()) {
    const text = isNull(value) ? "" : asText(value, `${path}.${key}`, problems);
    if (text !== undefined) texts.push([key, text]);
  }
  return Object.fromEntries(texts);
}

/** Records that `node` is not `expected`; for callers that accept several types themselves. */
export function wrongType(node: Located, path: string, problems: ProblemList, expected: string): undefined {
  problems.add("wrong-type", `${path} must be ${expected}, found ${describeLocated(node)}`, node.location);
  return undefined;
}

function outOfRange(node: Located, path: string, problems: ProblemList, bound: string): undefined {
  problems.add("invalid-value", `${path} must be ${bound}, found ${describeLocated(node)}`, node.location);
  return undefined;
}
