/** Processes that extend another one of the same project. */
import { isNull, type Located, type LocatedEntry, type LocatedMap, locatedMap, valueAt } from "../located.ts";
import { didYouMean } from "../nearest.ts";
import type { ProblemList } from "../problem.ts";
import { mergeMaps } from "./merge.ts";

/** Longer chains are a mistake, and each link is a call. */
const maxChain = 100;

/** How many nodes may be inherited in all: each process copies what it extends. */
const maxInherited = 1_000_000;

/** The processes, each laid over what it extends. Adds `unknown-process`, `extends-cycle`, `extends-too-deep`, `project-too-large`. */
export function resolveExtends(processes: LocatedMap, problems: ProblemList): LocatedMap {
  const done = new Map<string, LocatedEntry>();
  const open: string[] = [];
  let inherited = 0;
  for (const name of processes.entries.keys()) resolve(name);
  return { ...processes, entries: new Map([...processes.entries.keys()].flatMap(entryOf)) };

  function entryOf(name: string): readonly (readonly [string, LocatedEntry])[] {
    const entry = done.get(name);
    return entry === undefined ? [] : [[name, entry]];
  }

  function resolve(name: string): LocatedEntry | undefined {
    const known = done.get(name);
    const entry = processes.entries.get(name);
    if (known !== undefined || entry === undefined) return known;
    const value = withParent(name, entry.value);
    const resolved = { ...entry, value };
    done.set(name, resolved);
    return resolved;
  }

  function withParent(name: string, value: Located): Located {
    const reference = value.kind === "map" ? valueAt(value, "extends") : undefined;
    if (value.kind !== "map" || reference?.kind !== "scalar" || isNull(reference)) return value;
    const own = locatedMap(
      [...value.entries.values()].filter(({ key }) => key !== "extends"),
      value.location,
    );
    const parentName = reference.text;
    if (parentName === name || open.includes(parentName)) {
      const cycle = [...open.slice(Math.max(0, open.indexOf(parentName))), name, parentName].join(" → ");
      problems.add("extends-cycle", `processes extend each other: ${cycle}`, reference.location);
      return own;
    }
    if (!processes.entries.has(parentName)) {
      const hint = didYouMean(parentName, processes.entries.keys());
      const message = `process "${name}" extends an unknown process "${parentName}"`;
      problems.add("unknown-process", message, reference.location, hint);
      return own;
    }
    if (open.length >= maxChain) {
      const message = `process "${name}" is one of more than ${maxChain} that extend each other`;
      problems.add("extends-too-deep", message, reference.location);
      return own;
    }
    open.push(name);
    const parent = resolve(parentName);
    open.pop();
    if (parent?.value.kind !== "map") return own;
    inherited += sizeOf(parent.value);
    if (inherited <= maxInherited) return mergeMaps(parent.value, own);
    const message = `what processes inherit becomes more than ${maxInherited} values`;
    problems.add("project-too-large", message, processes.location);
    return own;
  }
}

function sizeOf(node: Located): number {
  if (node.kind === "scalar") return 1;
  let size = 1;
  if (node.kind === "list") for (const item of node.items) size += sizeOf(item);
  else for (const entry of node.entries.values()) size += sizeOf(entry.value);
  return size;
}
