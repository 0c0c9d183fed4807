/**
 * A parsed document in which every part still knows where it was written. Aliases and merge keys are resolved
 * already, so one node may be reached by several paths: never change one, and expect equal nodes to be shared.
 */
import type { SourceLocation } from "../spec/app-spec.ts";

export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedScalar {
  readonly kind: "scalar";
  readonly location: SourceLocation;
  /** The text as written, without its quotes and with escapes and folding resolved. */
  readonly text: string;
  /** What the format's schema makes of an unquoted text: `3`, `true` and nothing are not strings. */
  readonly value: string | number | boolean | null;
  /** True for quoted and block scalars, which are strings whatever they contain. */
  readonly quoted: boolean;
  /** The text before variables were substituted, where that changed it. */
  readonly raw?: string;
  readonly tag?: string;
}

export interface LocatedList {
  readonly kind: "list";
  readonly location: SourceLocation;
  readonly items: readonly Located[];
  readonly tag?: string;
}

export interface LocatedEntry {
  readonly key: string;
  readonly keyLocation: SourceLocation;
  readonly value: Located;
}

export interface LocatedMap {
  readonly kind: "map";
  readonly location: SourceLocation;
  /** In the order of the file; a `Map`, so that a key such as `__proto__` is only a key. */
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly tag?: string;
}

/** The value under `key`, or undefined when it is absent. */
export function valueAt(map: LocatedMap, key: string): Located | undefined {
  return map.entries.get(key)?.value;
}

/** True for a key that is written with nothing after it, which all formats treat as absent. */
export function isNull(node: Located): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** A string at a place, for values that a loader makes up. */
export function locatedText(text: string, location: SourceLocation): LocatedScalar {
  return { kind: "scalar", location, text, value: text, quoted: true };
}

/** A map at a place, from entries in order; of two with one key the later is kept. */
export function locatedMap(entries: Iterable<LocatedEntry>, location: SourceLocation): LocatedMap {
  const byKey = new Map<string, LocatedEntry>();
  for (const entry of entries) byKey.set(entry.key, entry);
  return { kind: "map", location, entries: byKey };
}

/** What a node is, in words that fit after "found": `a list`, `the number 3`, `nothing`. */
export function describeLocated(node: Located): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  if (node.value === null) return "nothing";
  if (typeof node.value === "string") return `the text ${JSON.stringify(shorten(node.text))}`;
  return `the ${typeof node.value} ${shorten(node.text)}`;
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
