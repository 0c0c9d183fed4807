import { posix } from "node:path";
import { isolatedDeclarationSync } from "rolldown/experimental";
import { type ESTree, parseSync } from "rolldown/utils";
import type { SourceTree } from "./source-tree.ts";

/** What an entry exports, by name, each as it is declared to TypeScript, without comments. */
export function apiReport(tree: SourceTree, entry: string): string {
  const { body } = declarationsOf(tree, entry);
  const exported = body.flatMap((node) => {
    if (node.type !== "ExportNamedDeclaration") return [];
    const names = node.declaration ? namesOf(node.declaration) : passedOn(node);
    return names.map((name) => ({ name, text: declarationOf(tree, sourceOf(node, entry), name) }));
  });
  const sorted = exported.sort((a, b) => (a.name < b.name ? -1 : 1));
  // An overloaded name comes up once for each of its declarations, each time with all of them.
  return [...new Set(sorted.map(({ text }) => text))].join("\n");
}

/** All that is declared under this name in this source, or in the one that it passes it on from. Throws if nothing is. */
function declarationOf(tree: SourceTree, path: string, name: string): string {
  const { body, code } = declarationsOf(tree, path);
  const found = body.flatMap((node) => {
    if (node.type !== "ExportNamedDeclaration") return [];
    if (!node.declaration) {
      return passedOn(node).includes(name) ? [declarationOf(tree, sourceOf(node, path), name)] : [];
    }
    return namesOf(node.declaration).includes(name) ? [code.slice(node.start, node.end)] : [];
  });
  if (found.length === 0) throw new Error(`${path} declares no ${name}`);
  return found.join("\n");
}

function declarationsOf(
  tree: SourceTree,
  path: string,
): { readonly body: ESTree.Program["body"]; readonly code: string } {
  const { code, errors } = isolatedDeclarationSync(path, tree.get(path) ?? "");
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const bare = code.replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, "").replace(/^\s*\/\/.*\n/gm, "");
  return { body: parseSync(path.replace(/\.ts$/, ".d.ts"), bare).program.body, code: bare };
}

function passedOn({ specifiers }: ESTree.ExportNamedDeclaration): readonly string[] {
  return specifiers.map(({ local }) => (local.type === "Literal" ? local.value : local.name));
}

function sourceOf({ source }: ESTree.ExportNamedDeclaration, path: string): string {
  return source ? posix.join(posix.dirname(path), source.value) : path;
}

function namesOf(declaration: NonNullable<ESTree.ExportNamedDeclaration["declaration"]>): readonly string[] {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  }
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : [];
}
