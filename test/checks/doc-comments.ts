import { posix } from "node:path";
import { type ESTree, parseSync } from "rolldown/utils";
import type { SourceTree } from "./source-tree.ts";

/** A public thing and what its doc comment says, empty when it has none. */
export interface PublicThing {
  /** `Name` for an export, `Name.member` for a method or a moment in time. */
  readonly name: string;
  readonly path: string;
  readonly kind: "export" | "method" | "moment";
  readonly doc: string;
}

type Declaration = NonNullable<ESTree.ExportNamedDeclaration["declaration"]>;
type DocBefore = (offset: number) => string;
type Member = Omit<PublicThing, "path">;

/** What an entry exports, re-exports followed, each with its methods and its properties that are a moment in time. */
export function publicThings(tree: SourceTree, entry: string): readonly PublicThing[] {
  return parse(tree, entry).body.flatMap((node) => {
    if (node.type !== "ExportNamedDeclaration") return [];
    if (node.declaration) return namesOf(node.declaration).flatMap((name) => describe(tree, entry, name));
    const path = node.source ? posix.join(posix.dirname(entry), node.source.value) : entry;
    return node.specifiers.flatMap(({ local }) => describe(tree, path, nameOf(local)));
  });
}

/** Every text of a doc comment below `root`, in one. */
export function docTexts(tree: SourceTree, root: string): string {
  return [...tree]
    .filter(([path]) => path.startsWith(root))
    .flatMap(([, text]) => text.match(/\/\*\*[\s\S]*?\*\//g) ?? [])
    .join("\n");
}

/** Every code that an error is made with below `root`. */
export function errorCodes(tree: SourceTree, root: string): ReadonlySet<string> {
  const codes = [...tree]
    .filter(([path]) => path.startsWith(root))
    .flatMap(([, text]) => [...text.matchAll(/(?:Error\(|super\(|: )\s*"([A-Z]+(?:_[A-Z]+)*)"/g)])
    .map(([, code = ""]) => code);
  return new Set(codes);
}

function describe(tree: SourceTree, path: string, name: string): readonly PublicThing[] {
  const { body, docBefore } = parse(tree, path);
  for (const node of body) {
    if (node.type !== "ExportNamedDeclaration") continue;
    const { declaration } = node;
    if (declaration && namesOf(declaration).includes(name)) {
      const doc = docBefore(node.start);
      const members = membersOf(declaration, doc, docBefore);
      return [
        { name, path, kind: "export", doc },
        ...members.map((member) => ({ ...member, path, name: `${name}.${member.name}` })),
      ];
    }
    if (node.source && node.specifiers.some(({ exported }) => nameOf(exported) === name)) {
      return describe(tree, posix.join(posix.dirname(path), node.source.value), name);
    }
  }
  // Declared in one place and exported in another: `export type { Happening };`
  return [{ name, path, kind: "export", doc: "" }];
}

function membersOf(declaration: Declaration, docOfAll: string, docBefore: DocBefore): readonly Member[] {
  if (declaration.type === "ClassDeclaration") {
    // What an interface promises is told there.
    const inherits = (declaration.implements ?? []).length > 0;
    return declaration.body.body.flatMap((member): Member[] => {
      if (member.type !== "MethodDefinition" || member.kind !== "method") return [];
      const { key } = member;
      const doc = docBefore(member.start);
      if (key.type !== "Identifier" || member.computed || (inherits && doc === "")) return [];
      return [{ name: key.name, kind: "method", doc }];
    });
  }
  if (declaration.type !== "TSInterfaceDeclaration") return [];
  return declaration.body.body.flatMap((member): Member[] => {
    if (!("key" in member) || member.key.type !== "Identifier") return [];
    const { name } = member.key;
    const doc = docBefore(member.start);
    if (member.type === "TSMethodSignature") return [{ name, kind: "method", doc }];
    // A moment says of which clock it is and in which unit, or all of its kind say so above.
    const isMoment = /^(at|since|until)$/.test(name);
    return isMoment ? [{ name, kind: "moment", doc: `${docOfAll} ${doc}` }] : [];
  });
}

function namesOf(declaration: Declaration): readonly string[] {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  }
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : [];
}

function nameOf(name: ESTree.ModuleExportName): string {
  return name.type === "Literal" ? name.value : name.name;
}

function parse(
  tree: SourceTree,
  path: string,
): { readonly body: ESTree.Program["body"]; readonly docBefore: DocBefore } {
  const text = tree.get(path);
  if (text === undefined) throw new Error(`there is no ${path}`);
  const { program, comments } = parseSync(path, text);
  const docBefore = (offset: number): string => {
    const before = comments.findLast(({ end }) => end <= offset && text.slice(end, offset).trim() === "");
    return before?.value.startsWith("*") ? before.value.replace(/^\s*\*+/gm, "").trim() : "";
  };
  return { body: program.body, docBefore };
}
