/** The law of the floors: a package imports only packages on lower floors. docs/ARCHITECTURE.md draws them. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { type Import, parseSource } from "./parsed-source.ts";
import { isProgram, type SourceTree } from "./source-tree.ts";

/** What each package may import of the others. */
const floors: Readonly<Record<string, readonly string[]>> = {
  "@holdfast/runtime": [],
  "@holdfast/rpc": ["@holdfast/runtime"],
  "@holdfast/platform": ["@holdfast/runtime"],
  "@holdfast/relay": ["@holdfast/runtime", "@holdfast/rpc"],
  "@holdfast/peer": ["@holdfast/runtime", "@holdfast/rpc", "@holdfast/platform"],
  "@holdfast/fleet": ["@holdfast/runtime", "@holdfast/rpc"],
  "@holdfast/daemon": ["runtime", "rpc", "platform", "relay", "peer", "fleet"].map(
    (name) => `@holdfast/${name}`,
  ),
  "@holdfast/web": ["@holdfast/runtime", "@holdfast/rpc"],
  holdfast: ["runtime", "rpc", "platform", "relay", "peer", "fleet", "daemon"].map(
    (name) => `@holdfast/${name}`,
  ),
};

/** Packages that also run where there is no Node. */
const universal: ReadonlySet<string> = new Set(["@holdfast/runtime", "@holdfast/rpc"]);

/** What runs where there is no Node, of a package that has parts for Node as well. */
const universalParts: Readonly<Record<string, RegExp>> = {
  "@holdfast/relay": /^src\/(index\.ts$|(protocol|envelope|client)\/)/,
};

/** Packages that are published as one bundle: what they are built with comes along, and nobody installs it. */
const bundled: ReadonlySet<string> = new Set(["@holdfast/web"]);

/** Packages of higher or equal floors whose types alone may be used, so that a shape has one truth. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { "@holdfast/web": ["@holdfast/daemon"] };

interface Package {
  readonly name: string;
  readonly directory: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

/** Every breach of the law in a workspace, as `path:line: what is wrong`. */
export function floorViolations(tree: SourceTree): readonly string[] {
  const packages = [...tree].flatMap(([path, text]) => parsePackage(path, text) ?? []);
  const names = new Set(packages.map(({ name }) => name));
  return [
    ...packages.flatMap((each) => dependencyViolations(each, names)),
    ...packages.flatMap((each) => sourceViolations(each, tree)),
    ...cycles(packages),
  ];
}

function parsePackage(path: string, text: string): Package | undefined {
  const directory = /^(packages\/[^/]+)\/package\.json$/.exec(path)?.[1];
  if (directory === undefined) return undefined;
  const json = JSON.parse(text) as { readonly name: string } & Record<
    string,
    Readonly<Record<string, string>>
  >;
  const kinds = ["dependencies", "peerDependencies", "optionalDependencies"];
  const dependencies = kinds.flatMap((kind) => Object.keys(json[kind] ?? {}));
  const devDependencies = Object.keys(json["devDependencies"] ?? {});
  return { name: json.name, directory, dependencies, devDependencies };
}

function dependencyViolations(
  { name, directory, dependencies }: Package,
  names: ReadonlySet<string>,
): readonly string[] {
  const at = `${directory}/package.json`;
  const allowed = floors[name];
  if (allowed === undefined) return [`${at}: ${name} stands on no floor`];
  const wrong = dependencies
    .filter((each) => (names.has(each) || each in floors) && !allowed.includes(each))
    .map((each) => `${at}: ${name} may not depend on ${each}, which is on no lower floor`);
  if (name === "@holdfast/runtime" && dependencies.length > 0) {
    wrong.push(`${at}: ${name} depends on nothing, but has ${dependencies.join(", ")}`);
  }
  return wrong;
}

function sourceViolations(owner: Package, tree: SourceTree): readonly string[] {
  const roots = [`${owner.directory}/src/`, `${owner.directory}/bin/`];
  return [...tree]
    .filter(([path]) => isProgram(path) && roots.some((root) => path.startsWith(root)))
    .flatMap(([path, text]) =>
      parseSource(path, text).imports.flatMap((found) => {
        const wrong = importViolation(path, found, owner);
        return wrong === undefined ? [] : [`${path}:${found.line}: ${wrong}`];
      }),
    );
}

function importViolation(path: string, found: Import, owner: Package): string | undefined {
  const specifier = found.text;
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(path), specifier);
    return target.startsWith(`${owner.directory}/`)
      ? undefined
      : `${specifier} reaches out of the package; import it by its name`;
  }
  if (isBuiltin(specifier)) {
    return universal.has(owner.name) || isUniversalPart(path, owner)
      ? `${owner.name} is universal and may not import ${specifier}`
      : undefined;
  }
  if (specifier === "") {
    // What stands in bin chooses between its own package's sources and what was built of them.
    return path.startsWith(`${owner.directory}/bin/`) ? undefined : "the import's specifier is no constant";
  }
  const imported = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (owner.dependencies.includes(imported)) return undefined;
  if (typesOnly[owner.name]?.includes(imported)) {
    return found.isType ? undefined : `of ${imported} ${owner.name} may use the types alone: import type`;
  }
  const isBuiltIn = bundled.has(owner.name) && owner.devDependencies.includes(imported);
  if (isBuiltIn && !(imported in floors)) return undefined;
  return imported === owner.name
    ? `${owner.name} imports itself; use a relative path`
    : `${imported} is not in its package.json's dependencies`;
}

function isUniversalPart(path: string, { name, directory }: Package): boolean {
  return universalParts[name]?.test(path.slice(directory.length + 1)) ?? false;
}

function cycles(packages: readonly Package[]): readonly string[] {
  const edges = new Map(packages.map(({ name, dependencies }) => [name, dependencies]));
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (edges.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return packages
    .filter(({ name }) => reaches(name, name, new Set()))
    .map(({ name, directory }) => `${directory}/package.json: ${name} depends on itself by way of others`);
}
