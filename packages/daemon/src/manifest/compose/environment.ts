/** The environment of a service: what the caller has of the usual, then its files, then its own variables. */
import { isAbsolute } from "node:path";
import { parseDotenv, parseRawEnv } from "../dotenv.ts";
import type { Lookup } from "../interpolate.ts";
import { type LoadContext, labelOf } from "../load-context.ts";
import { isNull, type Located } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";

/** What a process needs of the caller's world to work as it does when started by hand. */
const inherited = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"];

/** True for the variables of the caller's that every process gets: those above and the locale's. */
export function isBaseVariable(name: string): boolean {
  return inherited.includes(name) || name.startsWith("LC_");
}

/** What the caller has of the variables that every process gets. */
export function baseEnvironment(env: LoadContext["env"]): ReadonlyMap<string, string> {
  const base = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && isBaseVariable(name)) base.set(name, value);
  }
  return base;
}

/**
 * The variables that a service's `env_file` and `environment` make, over `base`. A name without a value takes the
 * caller's, and is absent where the caller has none. A missing file is told to `missing`. Codes: `env-file-missing`,
 * `dotenv-syntax`.
 */
export function readEnvironment(
  read: MapReader,
  base: ReadonlyMap<string, string>,
  lookup: Lookup,
  context: LoadContext,
  missing: ProblemList,
): Readonly<Record<string, string>> {
  const variables = new Map(base);
  const fromFiles = new Map<string, string>();
  const files = read.node("env_file");
  if (files?.kind === "list") {
    for (const [index, item] of files.items.entries()) {
      const path = `${read.pathOf("env_file")}[${index}]`;
      for (const [name, value] of readEnvFile(
        item,
        path,
        (key) => lookup(key) ?? fromFiles.get(key),
        context,
        missing,
      )) {
        fromFiles.set(name, value);
        variables.set(name, value);
      }
    }
  }
  const own = read.node("environment");
  if (own !== undefined && own.kind !== "map") {
    context.problems.add(
      "wrong-type",
      `${read.pathOf("environment")} must be a map, or a list of NAME=value`,
      own.location,
    );
  } else if (own !== undefined) {
    for (const { key, keyLocation, value } of own.entries.values()) {
      if (key === "" || key.includes("=")) {
        const message = `${read.pathOf("environment")}: ${JSON.stringify(key)} is no name for a variable`;
        context.problems.add("invalid-value", message, keyLocation);
      }
      const text = isNull(value)
        ? lookup(key)
        : asText(value, `${read.pathOf("environment")}.${key}`, context.problems);
      if (text !== undefined) variables.set(key, text);
    }
  }
  return Object.fromEntries(variables);
}

function readEnvFile(
  node: Located,
  path: string,
  lookup: Lookup,
  context: LoadContext,
  missing: ProblemList,
): ReadonlyMap<string, string> {
  const { problems } = context;
  const read = node.kind === "map" ? new MapReader(node, path, problems) : undefined;
  const file = read === undefined ? asText(node, path, problems) : read.text("path");
  const required = read?.boolean("required") ?? true;
  const format = read?.oneOf("format", ["raw"]);
  read?.finish();
  if (read !== undefined && file === undefined && !read.has("path")) read.missing("path");
  if (file === undefined || !isAbsolute(file)) return new Map();
  const label = labelOf(context, file);
  const content = context.sources.readText(file);
  switch (content.kind) {
    case "text":
      return format === "raw"
        ? parseRawEnv(content.text, lookup)
        : parseDotenv(label, content.text, lookup, problems);
    case "absent":
      if (required)
        missing.add(
          "env-file-missing",
          `${path}: there is no file ${label}`,
          node.location,
          'write "required: false" if it may be absent',
        );
      return new Map();
    case "too-large":
      problems.add("file-too-large", `${path}: ${label} is larger than 1 MiB`, node.location);
      return new Map();
    case "unreadable":
      problems.add("file-unreadable", `${path}: cannot read ${label}: ${content.reason}`, node.location);
      return new Map();
  }
}
