/** The nodes of a parsed YAML document as a located tree: aliases resolved to shared nodes, merge keys merged. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { SourceLocation } from "../spec/app-spec.ts";
import {
  describeLocated,
  type Located,
  type LocatedEntry,
  type LocatedMap,
  type LocatedScalar,
} from "./located.ts";
import { formatLocation, type ProblemList } from "./problem.ts";

export type LocationOf = (offset: number) => SourceLocation;

/** How many nodes the aliases of one file may stand for, each alias counted with all that is below it. */
const maxAliasedNodes = 100_000;

const ownTags: ReadonlySet<string> = new Set(["!reset", "!override"]);

interface Sized {
  readonly node: Located;
  /** Nodes in it when every alias is written out. */
  readonly size: number;
}

interface Walk {
  readonly locationOf: LocationOf;
  readonly problems: ProblemList;
  readonly anchors: Map<string, Sized | "open">;
  aliasedNodes: number;
}

/** The tree of a document without syntax errors, or undefined after problems were added. */
export function locateDocument(
  document: Document.Parsed,
  locationOf: LocationOf,
  problems: ProblemList,
): Located | undefined {
  const before = problems.all.length;
  const walk: Walk = { locationOf, problems, anchors: new Map(), aliasedNodes: 0 };
  const root = locate(document.contents, walk, 0).node;
  return problems.all.length > before ? undefined : root;
}

/** `at` is where an absent value would have stood. */
function locate(node: ParsedNode | null, walk: Walk, at: number): Sized {
  if (node === null) return nothing(walk.locationOf(at));
  if (isAlias(node)) return locateAlias(node.source, node.range[0], walk);
  const anchor = node.anchor;
  if (anchor !== undefined) walk.anchors.set(anchor, "open");
  const sized = isMap(node)
    ? locateMap(node, walk)
    : isScalar(node)
      ? locateScalar(node, walk)
      : locateList(node, walk);
  if (anchor !== undefined) walk.anchors.set(anchor, sized);
  return sized;
}

function nothing(location: SourceLocation): Sized {
  return { node: { kind: "scalar", location, text: "", value: null, quoted: false }, size: 1 };
}

function locateAlias(name: string, offset: number, walk: Walk): Sized {
  const location = walk.locationOf(offset);
  const target = walk.anchors.get(name);
  if (target === undefined) {
    walk.problems.add("yaml-unknown-alias", `the alias *${name} has no anchor &${name} before it`, location);
    return nothing(location);
  }
  if (target === "open") {
    walk.problems.add("yaml-alias-bomb", `the alias *${name} stands inside its own anchor`, location);
    return nothing(location);
  }
  walk.aliasedNodes += target.size;
  if (walk.aliasedNodes <= maxAliasedNodes) return target;
  // Reported once: every later alias is over the limit too.
  const message = `the aliases of this file stand for more than ${maxAliasedNodes} nodes`;
  if (walk.aliasedNodes - target.size <= maxAliasedNodes)
    walk.problems.add("yaml-alias-bomb", message, location);
  return nothing(location);
}

function locateScalar(scalar: Scalar.Parsed, walk: Walk): Sized {
  const location = walk.locationOf(scalar.range[0]);
  const quoted = scalar.type !== "PLAIN";
  const text = quoted ? String(scalar.value) : (scalar.source ?? "");
  if (text.includes("\0")) {
    walk.problems.add("yaml-nul", "a text cannot hold a NUL: no program could be given it", location);
  }
  const tag = tagOf(scalar, location, walk);
  return {
    node: { kind: "scalar", location, text, value: valueOfScalar(scalar, text), quoted, ...tag },
    size: 1,
  };
}

function valueOfScalar(scalar: Scalar.Parsed, text: string): LocatedScalar["value"] {
  const { value } = scalar;
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "bigint") return Number(value);
  // After a tag of ours the schema calls nothing an empty text.
  return text === "" && scalar.type === "PLAIN" ? null : text;
}

function locateList(list: YAMLSeq.Parsed, walk: Walk): Sized {
  const location = walk.locationOf(list.range[0]);
  let size = 1;
  const items = list.items.map((item) => {
    const sized = locate(item, walk, list.range[0]);
    size += sized.size;
    return sized.node;
  });
  return { node: { kind: "list", location, items, ...tagOf(list, location, walk) }, size };
}

function locateMap(map: YAMLMap.Parsed, walk: Walk): Sized {
  const location = walk.locationOf(map.range[0]);
  let size = 1;
  const entries = new Map<string, LocatedEntry>();
  const merged: LocatedMap[] = [];
  for (const pair of map.items) {
    const keyLocation = walk.locationOf(pair.key === null ? map.range[0] : pair.key.range[0]);
    const key = locate(pair.key, walk, map.range[0]).node;
    const value = locate(pair.value, walk, pair.key === null ? map.range[0] : pair.key.range[1]);
    size += value.size + 1;
    if (key.kind !== "scalar") {
      walk.problems.add(
        "yaml-syntax",
        `a key must be a plain text, found ${describeLocated(key)}`,
        keyLocation,
      );
    } else if (key.text === "<<" && !key.quoted) {
      merged.push(...mergeSources(value.node, walk.problems));
    } else {
      addEntry(entries, { key: key.text, keyLocation, value: value.node }, walk.problems);
    }
  }
  for (const source of merged) {
    for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
  }
  return { node: { kind: "map", location, entries, ...tagOf(map, location, walk) }, size };
}

function addEntry(entries: Map<string, LocatedEntry>, entry: LocatedEntry, problems: ProblemList): void {
  const first = entries.get(entry.key);
  if (first === undefined) {
    entries.set(entry.key, entry);
    return;
  }
  const message = `the key "${entry.key}" is here a second time; the first is at ${formatLocation(first.keyLocation)}`;
  problems.add("yaml-duplicate-key", message, entry.keyLocation);
}

/** The maps that a merge key brings in, the strongest first. */
function mergeSources(value: Located, problems: ProblemList): readonly LocatedMap[] {
  if (value.kind === "map") return [value];
  if (value.kind === "list") return value.items.flatMap((item) => mergeSources(item, problems));
  problems.add(
    "wrong-type",
    `a merge key takes a map or a list of maps, found ${describeLocated(value)}`,
    value.location,
  );
  return [];
}

/** Compose's own tags; the standard ones have done their work in the scalar's value. */
function tagOf(
  node: { readonly tag?: string | undefined },
  location: SourceLocation,
  walk: Walk,
): { readonly tag?: string } {
  const { tag } = node;
  if (tag === undefined || tag === "!" || !tag.startsWith("!")) return {};
  if (ownTags.has(tag)) return { tag };
  walk.problems.add(
    "yaml-unknown-tag",
    `the tag ${tag} is not known`,
    location,
    "there are !reset and !override",
  );
  return {};
}
