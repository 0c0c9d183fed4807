/** `include`: other Compose files, each with its own directory and variables, as part of this project. */
import { dirname, resolve } from "node:path";
import { parseDotenv } from "../dotenv.ts";
import type { Lookup } from "../interpolate.ts";
import { labelOf, type ManifestFile } from "../load-context.ts";
import type { Located } from "../located.ts";
import { MapReader } from "../reader.ts";
import { asText, asTextList, wrongType } from "../value.ts";
import { readNamedFile, type Scope } from "./document.ts";

/** Two files that include two each, and so on, are soon more than anybody can read. */
const maxIncludes = 256;

/** Files that are one Compose model, to be merged in order, and the scope that they are read in. */
export interface Included {
  readonly files: readonly ManifestFile[];
  readonly scope: Scope;
}

/** What the value of `include` names. Codes: `include-cycle`, `file-missing` and those of the readers. */
export function readIncludes(node: Located, scope: Scope): readonly Included[] {
  if (node.kind !== "list") {
    wrongType(node, "include", scope.context.problems, "a list");
    return [];
  }
  return node.items.flatMap((item, index) => readInclude(item, `include[${index}]`, scope) ?? []);
}

interface Entry {
  readonly paths: readonly string[];
  readonly projectDirectory?: string;
  readonly envFiles?: readonly string[];
}

function readInclude(node: Located, path: string, scope: Scope): Included | undefined {
  const { context } = scope;
  const entry = readEntry(node, path, scope);
  const [first] = entry?.paths ?? [];
  if (entry === undefined || first === undefined) return undefined;
  scope.included.count += 1;
  if (scope.included.count > maxIncludes) {
    context.problems.add("include-too-many", `more than ${maxIncludes} files are included`, node.location);
    return undefined;
  }
  const absolute = resolve(scope.directory, first);
  if (scope.includedBy.includes(absolute)) {
    const cycle = [...scope.includedBy.slice(scope.includedBy.indexOf(absolute)), absolute];
    const shown = cycle.map((file) => labelOf(context, file)).join(" → ");
    context.problems.add("include-cycle", `files include each other: ${shown}`, node.location);
    return undefined;
  }
  const files = entry.paths.flatMap(
    (file) => readNamedFile(context, scope.directory, file, node.location) ?? [],
  );
  const directory = resolve(scope.directory, entry.projectDirectory ?? dirname(first));
  const lookup = includedLookup(entry, directory, node, scope);
  return { files, scope: { ...scope, directory, lookup, includedBy: [...scope.includedBy, absolute] } };
}

function readEntry(node: Located, path: string, { context }: Scope): Entry | undefined {
  if (node.kind !== "map") {
    const file = asText(node, path, context.problems);
    return file === undefined ? undefined : { paths: [file] };
  }
  const read = new MapReader(node, path, context.problems);
  const paths = oneOrMany(read, "path", context);
  const envFiles = oneOrMany(read, "env_file", context);
  const projectDirectory = read.text("project_directory");
  read.finish();
  if (paths === undefined) {
    if (!read.has("path")) read.missing("path");
    return undefined;
  }
  return {
    paths,
    ...(projectDirectory === undefined ? {} : { projectDirectory }),
    ...(envFiles === undefined ? {} : { envFiles }),
  };
}

function oneOrMany(
  read: MapReader,
  key: string,
  { problems }: Scope["context"],
): readonly string[] | undefined {
  const node = read.node(key);
  if (node === undefined) return undefined;
  if (node.kind === "list") return asTextList(node, read.pathOf(key), problems);
  const one = asText(node, read.pathOf(key), problems);
  return one === undefined ? undefined : [one];
}

/** The including project's variables go before the included file's own. */
function includedLookup(entry: Entry, directory: string, node: Located, scope: Scope): Lookup {
  const variables = new Map<string, string>();
  const lookup: Lookup = (name) => scope.lookup(name) ?? variables.get(name);
  if (entry.envFiles === undefined) {
    for (const [name, value] of readDefaultEnv(directory, scope)) variables.set(name, value);
    return lookup;
  }
  for (const path of entry.envFiles) {
    const file = readNamedFile(scope.context, scope.directory, path, node.location);
    if (file === undefined) continue;
    const parsed = parseDotenv(file.label, file.text, lookup, scope.context.problems);
    for (const [name, value] of parsed) variables.set(name, value);
  }
  return lookup;
}

/** The variables of a directory's `.env`; none where there is no such file. */
export function readDefaultEnv(
  directory: string,
  { context, lookup }: Pick<Scope, "context" | "lookup">,
): ReadonlyMap<string, string> {
  const path = resolve(directory, ".env");
  const content = context.sources.readText(path);
  if (content.kind === "text")
    return parseDotenv(labelOf(context, path), content.text, lookup, context.problems);
  if (content.kind !== "absent") {
    const reason = content.kind === "too-large" ? "it is larger than 1 MiB" : content.reason;
    const location = { file: labelOf(context, path), line: 1, column: 1 };
    context.problems.add("file-unreadable", `cannot read the environment file: ${reason}`, location);
  }
  return new Map();
}
