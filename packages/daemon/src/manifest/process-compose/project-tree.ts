/** All files of a project as one tree: each laid over the file it extends, and over the files named before it. */
import { dirname, isAbsolute, join } from "node:path";
import { type LoadContext, labelOf, type ManifestFile } from "../load-context.ts";
import { isNull, type LocatedMap, type LocatedScalar, locatedMap, locatedText, valueAt } from "../located.ts";
import { asText } from "../value.ts";
import { changeValue } from "./change-value.ts";
import type { ValueLookup } from "./expand-env.ts";
import { mergeMaps } from "./merge.ts";
import { parseFile } from "./parse-file.ts";

export interface ProjectTree {
  readonly tree: LocatedMap;
  /** Absolute paths of all files that were read, the weakest first. */
  readonly files: readonly string[];
}

/** Undefined after adding what is wrong: the codes of `parseFile`, `missing-file`, `extends-cycle`. */
export function readProjectTree(
  files: readonly ManifestFile[],
  lookup: ValueLookup,
  context: LoadContext,
): ProjectTree | undefined {
  const loaded = new Set(files.map((file) => file.path));
  const order: string[] = [];
  let tree: LocatedMap | undefined;
  let complete = true;
  for (const file of files) {
    const next = readWithParents(file);
    if (next === undefined) complete = false;
    else tree = tree === undefined ? next : mergeMaps(tree, next);
  }
  return tree === undefined || !complete ? undefined : { tree, files: order };

  function readWithParents(file: ManifestFile): LocatedMap | undefined {
    const own = parseFile(file, lookup, context);
    if (own === undefined) return undefined;
    const reference = valueAt(own, "extends");
    if (reference === undefined || isNull(reference)) {
      order.push(file.path);
      return own;
    }
    const parentFile = reference.kind === "scalar" ? openParent(file, reference) : undefined;
    if (reference.kind !== "scalar") asText(reference, "extends", context.problems);
    const parent = parentFile === undefined ? undefined : readWithParents(parentFile);
    order.push(file.path);
    if (parent === undefined || parentFile === undefined) return undefined;
    return mergeMaps(inDirectory(parent, dirname(parentFile.path)), own);
  }

  function openParent(file: ManifestFile, reference: LocatedScalar): ManifestFile | undefined {
    const path = join(isAbsolute(reference.text) ? "/" : dirname(file.path), reference.text);
    if (loaded.has(path)) {
      const message = `extends "${reference.text}", which is read already`;
      context.problems.add("extends-cycle", message, reference.location);
      return undefined;
    }
    loaded.add(path);
    const content = context.sources.readText(path);
    if (content.kind === "text") return { path, label: labelOf(context, path), text: content.text };
    const why = content.kind === "absent" ? "does not exist" : "cannot be read";
    context.problems.add("missing-file", `extends "${reference.text}", which ${why}`, reference.location);
    return undefined;
  }
}

/** The processes of a file that another one extends run beside their own file. */
function inDirectory(project: LocatedMap, directory: string): LocatedMap {
  return changeValue(project, "processes", (processes) => {
    if (processes.kind !== "map") return processes;
    const entries = [...processes.entries.values()].map((entry) => {
      if (entry.value.kind !== "map") return entry;
      const given = valueAt(entry.value, "working_dir");
      const location = given?.location ?? entry.value.location;
      const text = given?.kind === "scalar" && given.value !== null ? given.text : ".";
      if (isAbsolute(text) || text.startsWith("{{") || text.startsWith("~")) return entry;
      const value = locatedText(join(directory, text), location);
      const workingDir = { key: "working_dir", keyLocation: location, value };
      return {
        ...entry,
        value: locatedMap([...entry.value.entries.values(), workingDir], entry.value.location),
      };
    });
    return locatedMap(entries, processes.location);
  });
}
