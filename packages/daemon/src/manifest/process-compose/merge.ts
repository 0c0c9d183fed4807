/**
 * How process-compose lays one file, or one process, over another: maps are merged key by key, lists are appended,
 * an empty value replaces nothing, and all else is replaced. Unlike there, `false`, `0` and `no` do replace: whoever
 * writes them in an override means them.
 */
import { isNull, type Located, type LocatedEntry, type LocatedMap } from "../located.ts";

/** Lists that replace the earlier one instead of being appended to it. */
const replacingKeys = new Set(["namespace", "paths"]);

export function mergeMaps(base: LocatedMap, over: LocatedMap): LocatedMap {
  const entries = new Map<string, LocatedEntry>(base.entries);
  for (const entry of over.entries.values()) {
    const below = entries.get(entry.key);
    entries.set(entry.key, below === undefined ? entry : mergeEntries(below, entry));
  }
  return { ...base, entries };
}

function mergeEntries(below: LocatedEntry, entry: LocatedEntry): LocatedEntry {
  const value = mergeValues(entry.key, below.value, entry.value);
  return value === entry.value ? entry : { ...below, value };
}

function mergeValues(key: string, below: Located, value: Located): Located {
  if (isEmpty(value)) return below;
  if (isEmpty(below)) return value;
  if (below.kind === "map" && value.kind === "map") return mergeMaps(below, value);
  if (below.kind === "list" && value.kind === "list" && !replacingKeys.has(key)) {
    return { ...below, items: [...below.items, ...value.items] };
  }
  return value;
}

function isEmpty(node: Located): boolean {
  if (node.kind === "list") return node.items.length === 0;
  return isNull(node) || (node.kind === "scalar" && node.text === "");
}
