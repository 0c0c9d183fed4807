import type { Located, LocatedMap } from "../located.ts";

/** The map with another value under `key`; the same map when the key is absent. */
export function changeValue(map: LocatedMap, key: string, change: (value: Located) => Located): LocatedMap {
  const entry = map.entries.get(key);
  if (entry === undefined) return map;
  return { ...map, entries: new Map(map.entries).set(key, { ...entry, value: change(entry.value) }) };
}
