/** One Compose file, parsed, its top level checked, and its variables substituted. */
import { resolve } from "node:path";
import type { SourceLocation } from "../../spec/app-spec.ts";
import type { Lookup } from "../interpolate.ts";
import { type LoadContext, labelOf, type ManifestFile } from "../load-context.ts";
import { isNull, type Located, type LocatedMap, type LocatedScalar } from "../located.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";
import { parseYaml } from "../yaml-source.ts";
import { interpolateTree } from "./interpolate-tree.ts";
import type { SecretDefinitions } from "./secrets.ts";
import type { WebhookDefinition } from "./webhooks.ts";

/** What files that belong together share: an included file has a directory and variables of its own. */
export interface Scope {
  readonly context: LoadContext;
  /** Relative paths are meant from here, and processes run here. */
  readonly directory: string;
  readonly lookup: Lookup;
  /** The files that include each other down to here, by absolute path. */
  readonly includedBy: readonly string[];
  /** How many files were included so far, over all of the project. */
  readonly included: { count: number };
}

export interface ComposeDocument {
  readonly file: ManifestFile;
  readonly name?: LocatedScalar;
  readonly services: LocatedMap;
  readonly include?: Located;
  readonly secrets: SecretDefinitions;
  readonly webhooks: readonly WebhookDefinition[];
}

/** Top-level keys that matter only to containers; a process service that refers to one is refused there. */
const containerKeys = ["networks", "volumes", "configs", "models"];

/** Parses a file; undefined after adding what is wrong. Codes: those of the YAML reader, and `empty-file`. */
export function readDocument(file: ManifestFile, scope: Scope): ComposeDocument | undefined {
  const { problems, warnings } = scope.context;
  const start: SourceLocation = { file: file.label, line: 1, column: 1 };
  const root = parseYaml(file.label, file.text, problems);
  if (root === undefined) return undefined;
  if (isNull(root)) {
    problems.add("empty-file", "the file is empty", start, 'a manifest has a map of "services"');
    return undefined;
  }
  if (root.kind !== "map") {
    problems.add("wrong-type", 'the file must be a map with the key "services"', root.location);
    return undefined;
  }
  const read = new MapReader(root, "", problems);
  read.accept("version", ...containerKeys);
  const substituted = (key: string): Located | undefined => {
    const node = read.node(key);
    return node === undefined
      ? undefined
      : interpolateTree(node, { lookup: scope.lookup, problems, warnings });
  };
  const name = substituted("name");
  if (name !== undefined) asText(name, "name", problems);
  const services = substituted("services");
  const include = substituted("include");
  const secrets = substituted("secrets");
  const webhooks = substituted("webhooks");
  read.finish();
  if (services !== undefined && services.kind !== "map") {
    problems.add("wrong-type", "services must be a map of services by name", services.location);
    return undefined;
  }
  if (secrets !== undefined && secrets.kind !== "map") {
    problems.add("wrong-type", "secrets must be a map of secrets by name", secrets.location);
  }
  if (webhooks !== undefined && webhooks.kind !== "map") {
    problems.add("wrong-type", "webhooks must be a map of webhooks by name", webhooks.location);
  }
  const hooks = webhooks?.kind === "map" ? [...webhooks.entries.values()] : [];
  const definitions = secrets?.kind === "map" ? secrets.entries.values() : [];
  return {
    file,
    webhooks: hooks.map((entry) => ({ entry, directory: scope.directory })),
    secrets: new Map([...definitions].map((entry) => [entry.key, { entry, directory: scope.directory }])),
    ...(name?.kind === "scalar" ? { name } : {}),
    services: services ?? { kind: "map", location: root.location, entries: new Map() },
    ...(include === undefined ? {} : { include }),
  };
}

/** Reads a file that another one names; undefined after adding `file-missing`, `file-too-large` or `file-unreadable`. */
export function readNamedFile(
  context: LoadContext,
  directory: string,
  path: string,
  location: SourceLocation,
): ManifestFile | undefined {
  const absolute = resolve(directory, path);
  const label = labelOf(context, absolute);
  const content = context.sources.readText(absolute);
  switch (content.kind) {
    case "text":
      return { path: absolute, label, text: content.text };
    case "absent":
      context.problems.add("file-missing", `there is no file ${label}`, location);
      return undefined;
    case "too-large":
      context.problems.add("file-too-large", `${label} is larger than 1 MiB`, location);
      return undefined;
    case "unreadable":
      context.problems.add("file-unreadable", `cannot read ${label}: ${content.reason}`, location);
      return undefined;
  }
}
