/** `environment`, which is a list of `NAME=value` (and here a map as well), as a map, so that it can be merged. */
import { type Located, type LocatedEntry, type LocatedMap, locatedMap, locatedText } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import { wrongType } from "../value.ts";
import { changeValue } from "./change-value.ts";

/** The project with every `environment` in it as a map. Adds `wrong-type` and `invalid-value`. */
export function normalizeEnvironments(project: LocatedMap, problems: ProblemList): LocatedMap {
  const top = withEnvironment(project, "environment", problems);
  return changeValue(top, "processes", (processes) => {
    if (processes.kind !== "map") return processes;
    const entries = [...processes.entries.values()].map((entry) => ({
      ...entry,
      value:
        entry.value.kind === "map"
          ? withEnvironment(entry.value, `processes.${entry.key}.environment`, problems)
          : entry.value,
    }));
    return locatedMap(entries, processes.location);
  });
}

function withEnvironment(map: LocatedMap, path: string, problems: ProblemList): LocatedMap {
  return changeValue(map, "environment", (node) => {
    if (node.kind !== "list") return node;
    const entries = node.items.map((item, index) => toEntry(item, `${path}[${index}]`, problems));
    return locatedMap(
      entries.filter((entry) => entry !== undefined),
      node.location,
    );
  });
}

function toEntry(item: Located, path: string, problems: ProblemList): LocatedEntry | undefined {
  if (item.kind !== "scalar" || item.value === null) return wrongType(item, path, problems, "NAME=value");
  const equals = item.text.indexOf("=");
  // A name alone sets nothing: whatever the caller has under it is inherited anyway.
  if (equals < 0) return undefined;
  const key = item.text.slice(0, equals);
  if (key === "") problems.add("invalid-value", `${path} has no name before the =`, item.location);
  return { key, keyLocation: item.location, value: locatedText(item.text.slice(equals + 1), item.location) };
}
