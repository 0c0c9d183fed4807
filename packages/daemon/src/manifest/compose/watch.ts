/** `watch` and Compose's `develop.watch`: files whose change restarts an app. */
import type { WatchRule } from "../../spec/app-spec.ts";
import type { Located } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";

const usualDebounceMs = 200;

/** Paths, or maps of path, action, include, ignore and debounce. Codes `invalid-value`, `missing-key`. */
export function readWatch(service: MapReader, problems: ProblemList): readonly WatchRule[] | undefined {
  const develop = service.reader("develop");
  const node = service.node("watch");
  const inDevelop = develop?.node("watch");
  develop?.finish();
  if (node !== undefined && inDevelop !== undefined) {
    service.wrong("invalid-value", "watch", "develop.watch says the same, and there can be only one of them");
  }
  const rules = node ?? inDevelop;
  if (rules === undefined) return undefined;
  const path = service.pathOf(node === undefined ? "develop.watch" : "watch");
  const items = rules.kind === "list" ? rules.items : [rules];
  return items.flatMap((item, index) => readRule(item, `${path}[${index}]`, problems) ?? []);
}

function readRule(node: Located, path: string, problems: ProblemList): WatchRule | undefined {
  if (node.kind !== "map") {
    const text = asText(node, path, problems);
    if (text === undefined) return undefined;
    return { path: text, include: [], ignore: [], debounceMs: usualDebounceMs };
  }
  const read = new MapReader(node, path, problems);
  const watched = read.text("path");
  const action = read.oneOf("action", ["restart", "sync+restart", "sync", "sync+exec", "rebuild"]);
  if (action !== undefined && !action.endsWith("restart")) {
    read.wrong("invalid-value", "action", `${action} is for containers`, "restart");
  }
  const include = read.textList("include");
  const ignore = read.textList("ignore");
  const debounceMs = read.durationMs("debounce");
  if (debounceMs !== undefined && debounceMs < 1) {
    read.wrong("invalid-value", "debounce", "it must be longer than nothing");
  }
  // Where a container would get the files: a process sees those of the host as they are.
  read.accept("target");
  read.finish({ initial_sync: "nothing is copied", exec: "it is for containers" });
  if (!read.has("path")) read.missing("path");
  if (watched === undefined) return undefined;
  return {
    path: watched,
    include: include ?? [],
    ignore: ignore ?? [],
    debounceMs: debounceMs ?? usualDebounceMs,
  };
}
