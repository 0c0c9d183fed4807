/** Compose's rules for laying one file, or an extending service, over another. Both sides are normalized. */
import { isNull, type Located, type LocatedEntry, type LocatedList, type LocatedMap } from "../located.ts";

/** Lists that are one value and not a collection: the later one counts alone. */
const replaced = new Set(["command", "entrypoint", "test", "exec", "shell", "schedule", "argv"]);

/** A probe does one thing; an override that says which drops what the base did. */
const probeActions = ["test", "http", "tcp", "exec", "log", "notify", "watchdog"];
const probes = new Set(["healthcheck", "readiness", "liveness"]);

/** In these a name with nothing after it says something: take the caller's value. */
const nullable = new Set(["environment", "labels"]);

/** `over` laid over `base`: maps key by key, lists appended, all else replaced; `!reset` and `!override` obeyed. */
export function mergeServices(base: LocatedMap, over: LocatedMap): LocatedMap {
  return mergeMaps(base, over, "");
}

/** Without what is marked `!reset`, which only meant to remove something from below. */
export function withoutResets(map: LocatedMap): LocatedMap {
  const entries = new Map<string, LocatedEntry>();
  for (const entry of map.entries.values()) {
    if (entry.value.tag === "!reset") continue;
    const value = entry.value.kind === "map" ? withoutResets(entry.value) : entry.value;
    entries.set(entry.key, value === entry.value ? entry : { ...entry, value });
  }
  return { ...map, entries };
}

function mergeMaps(base: LocatedMap, over: LocatedMap, within: string): LocatedMap {
  const entries = new Map(base.entries);
  if (probes.has(within) && probeActions.some((key) => over.entries.has(key))) {
    for (const key of probeActions) entries.delete(key);
  }
  for (const entry of over.entries.values()) {
    const below = entries.get(entry.key);
    if (entry.value.tag === "!reset") entries.delete(entry.key);
    else if (below === undefined || entry.value.tag === "!override") entries.set(entry.key, entry);
    else if (isNull(entry.value) && !nullable.has(within)) continue;
    else entries.set(entry.key, { ...entry, value: mergeValues(below.value, entry.value, entry.key) });
  }
  return { ...over, entries, location: over.location };
}

function mergeValues(base: Located, over: Located, key: string): Located {
  if (replaced.has(key)) return over;
  if (base.kind === "map" && over.kind === "map") return mergeMaps(base, over, key);
  if (base.kind === "list" && over.kind === "list") return mergeLists(base, over);
  return over;
}

/** Appended; of equal plain texts one is kept, so that a port or a file named twice is one. */
function mergeLists(base: LocatedList, over: LocatedList): LocatedList {
  const seen = new Set(base.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : [])));
  const added = over.items.filter((item) => item.kind !== "scalar" || !seen.has(item.text));
  return { ...over, items: [...base.items, ...added] };
}
