/** One form for what Compose lets be written in several, so that services can be merged and read in one way. */
import { isAbsolute } from "node:path";
import { type LoadContext, resolvePath } from "../load-context.ts";
import {
  isNull,
  type Located,
  type LocatedEntry,
  type LocatedList,
  type LocatedMap,
  locatedMap,
  locatedText,
} from "../located.ts";

/** Keys whose `NAME=value` lists become maps. */
const keyedLists = ["environment", "labels", "annotations", "sysctls", "extra_hosts"];

/**
 * The service with `environment` and `labels` as maps (a name alone has nothing after it), `depends_on` as a
 * map, `env_file` as a list, and the paths that are the host's made absolute from `directory`.
 */
export function normalizeService(
  service: LocatedMap,
  directory: string,
  context: Pick<LoadContext, "env">,
): LocatedMap {
  const entries = new Map(service.entries);
  const change = (key: string, how: (value: Located) => Located): void => {
    const entry = entries.get(key);
    if (entry !== undefined && !isNull(entry.value)) entries.set(key, { ...entry, value: how(entry.value) });
  };
  const absolute = (node: Located): Located => absolutePath(node, directory, context);
  for (const key of keyedLists) change(key, toKeyedMap);
  change("depends_on", toDependencyMap);
  change("env_file", (node) => inList(node, (item) => inMap(item, "path", absolute)));
  change("working_dir", absolute);
  const watched = (node: Located): Located => inList(node, (item) => inMap(item, "path", absolute));
  change("watch", watched);
  change("develop", (node) => (node.kind === "map" ? inMap(node, "watch", watched) : node));
  change("log", (node) => inMap(node, "file", absolute));
  return { ...service, entries };
}

/** `[A=1, B]` as `{A: 1, B: }`; other nodes stay what they are, to be refused by the reader. */
function toKeyedMap(node: Located): Located {
  if (node.kind !== "list") return node;
  const entries: LocatedEntry[] = [];
  for (const item of node.items) {
    if (item.kind !== "scalar" || item.value === null) return node;
    const equals = item.text.indexOf("=");
    const key = equals < 0 ? item.text : item.text.slice(0, equals);
    const value: Located =
      equals < 0
        ? { kind: "scalar", location: item.location, text: "", value: null, quoted: false }
        : locatedText(item.text.slice(equals + 1), item.location);
    entries.push({ key, keyLocation: item.location, value });
  }
  return tagged(locatedMap(entries, node.location), node);
}

function toDependencyMap(node: Located): Located {
  if (node.kind !== "list") return node;
  const entries: LocatedEntry[] = [];
  for (const item of node.items) {
    if (item.kind !== "scalar" || item.value === null) return node;
    entries.push({ key: item.text, keyLocation: item.location, value: locatedMap([], item.location) });
  }
  return tagged(locatedMap(entries, node.location), node);
}

function inList(node: Located, how: (item: Located) => Located): LocatedList {
  const items = node.kind === "list" ? node.items : [node];
  return {
    kind: "list",
    location: node.location,
    items: items.map(how),
    ...(node.tag === undefined ? {} : { tag: node.tag }),
  };
}

/** Changes the value of `key` in a map, or the node itself when it is the short form. */
function inMap(node: Located, key: string, how: (value: Located) => Located): Located {
  if (node.kind !== "map") return how(node);
  const entry = node.entries.get(key);
  if (entry === undefined) return node;
  return { ...node, entries: new Map(node.entries).set(key, { ...entry, value: how(entry.value) }) };
}

function absolutePath(node: Located, directory: string, context: Pick<LoadContext, "env">): Located {
  if (node.kind !== "scalar" || node.value === null || node.text === "" || isAbsolute(node.text)) return node;
  const text = resolvePath(context, directory, node.text);
  return { ...node, text, value: text };
}

function tagged(map: LocatedMap, from: Located): LocatedMap {
  return from.tag === undefined ? map : { ...map, tag: from.tag };
}

/** A service without a directory of its own runs in the one that its file's paths are meant from. */
export function withDirectory(service: LocatedMap, directory: string): LocatedMap {
  if (["working_dir", "image", "build"].some((key) => service.entries.has(key))) return service;
  const keyLocation = service.location;
  const entry: LocatedEntry = { key: "working_dir", keyLocation, value: locatedText(directory, keyLocation) };
  return { ...service, entries: new Map(service.entries).set("working_dir", entry) };
}
