import type { Key, KeyName } from "./keys.ts";

/** By how many lines a key moves; infinite for to the end, undefined for a key that does not. */
export function stepOf(key: Key, page: number): number | undefined {
  if (key.kind === "text") return letters.get(key.text) ?? (key.text === " " ? page : undefined);
  if (key.name === "page-up") return -page;
  if (key.name === "page-down") return page;
  return names.get(key.name);
}

const letters: ReadonlyMap<string, number> = new Map([
  ["k", -1],
  ["j", 1],
  ["G", Number.POSITIVE_INFINITY],
]);

const names: ReadonlyMap<KeyName, number> = new Map([
  ["up", -1],
  ["down", 1],
  ["home", Number.NEGATIVE_INFINITY],
  ["end", Number.POSITIVE_INFINITY],
]);
