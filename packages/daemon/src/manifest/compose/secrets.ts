/** `secrets`: files that an app is given a private copy of, at each start. */
import { posix } from "node:path";
import type { Secret, SourceLocation } from "../../spec/app-spec.ts";
import { type LoadContext, resolvePath } from "../load-context.ts";
import type { Located, LocatedEntry } from "../located.ts";
import { didYouMean } from "../nearest.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";

/** A secret as the top level of a file defines it; looked at only where a process uses it. */
export interface SecretDefinition {
  readonly entry: LocatedEntry;
  /** What a relative path is meant from. */
  readonly directory: string;
}

export type SecretDefinitions = ReadonlyMap<string, SecretDefinition>;

const elsewhere: Readonly<Record<string, string>> = {
  environment: "a value in the environment of the caller is none that can be kept; use a file",
  external: "nobody else keeps secrets here; use a file",
  driver: "use a file",
  template_driver: "use a file",
  labels: "",
};

/** What a service says under `secrets`. Codes `unknown-secret`, `invalid-value`, and those of the reader. */
export function readSecrets(
  service: MapReader,
  definitions: SecretDefinitions,
  context: LoadContext,
): readonly Secret[] | undefined {
  const node = service.node("secrets");
  if (node === undefined) return undefined;
  if (node.kind !== "list") {
    context.problems.add("wrong-type", `${service.pathOf("secrets")} must be a list`, node.location);
    return undefined;
  }
  const secrets: Secret[] = [];
  for (const [index, item] of node.items.entries()) {
    const path = `${service.pathOf("secrets")}[${index}]`;
    const secret = readSecret(item, path, definitions, context);
    if (secret === undefined) continue;
    if (secrets.some(({ target }) => target === secret.target)) {
      context.problems.add("invalid-value", `${path}: a second secret named ${secret.target}`, item.location);
    }
    secrets.push(secret);
  }
  return secrets;
}

function readSecret(
  node: Located,
  path: string,
  definitions: SecretDefinitions,
  context: LoadContext,
): Secret | undefined {
  const { problems } = context;
  const read = node.kind === "map" ? new MapReader(node, path, problems) : undefined;
  const source = read === undefined ? asText(node, path, problems) : read.text("source");
  const target = read?.text("target");
  const mode = read === undefined ? undefined : readMode(read);
  read?.finish({
    uid: "it is for the user of the app alone",
    gid: "it is for the user of the app alone",
  });
  if (read !== undefined && !read.has("source")) read.missing("source");
  if (source === undefined) return undefined;
  const file = readFile(source, node.location, path, definitions, context);
  const name = target ?? source;
  // As in Compose, an absolute target is a path of a container; a process has only the directory of its own.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name)) {
    const hint = "letters, digits, _ . and -; it is found by its variable";
    problems.add(
      "invalid-value",
      `${path}: ${JSON.stringify(name)} is no name for a secret`,
      node.location,
      hint,
    );
  }
  return file === undefined ? undefined : { file, target: name, mode: mode ?? 0o400 };
}

function readMode(read: MapReader): number | undefined {
  const text = read.text("mode");
  if (text === undefined) return undefined;
  const octal = /^0?o?([0-7]{3})$/.exec(text)?.[1];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  read.wrong("invalid-value", "mode", `${JSON.stringify(text)} is no mode of a file`, 'such as "0440"');
  return undefined;
}

function readFile(
  name: string,
  location: SourceLocation,
  path: string,
  definitions: SecretDefinitions,
  context: LoadContext,
): string | undefined {
  const definition = definitions.get(name);
  if (definition === undefined) {
    const message = `${path}: there is no secret ${JSON.stringify(name)} at the top of the file`;
    context.problems.add("unknown-secret", message, location, didYouMean(name, [...definitions.keys()]));
    return undefined;
  }
  const { value, keyLocation } = definition.entry;
  if (value.kind !== "map") {
    context.problems.add("wrong-type", `secrets.${name} must be a map with a file`, keyLocation);
    return undefined;
  }
  const read = new MapReader(value, `secrets.${name}`, context.problems);
  const file = read.text("file");
  read.accept("name");
  read.finish(elsewhere);
  if (file === undefined) {
    if (!Object.keys(elsewhere).some((key) => value.entries.has(key))) read.missing("file");
    return undefined;
  }
  return posix.normalize(resolvePath(context, definition.directory, file));
}
