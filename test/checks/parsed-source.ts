import { type ESTree, parseSync, Visitor } from "rolldown/utils";

/** Something found in a source, and where. */
export interface Found {
  readonly text: string;
  readonly line: number;
}

/** An import or re-export, by its specifier. */
export interface Import extends Found {
  /** It is gone when the types are: `import type`. */
  readonly isType: boolean;
}

/** What the house rules ask about one source file. */
export interface ParsedSource {
  /** The specifier of every import and re-export, of types too, static or not. */
  readonly imports: readonly Import[];
  readonly exportAlls: readonly Found[];
  readonly defaultExports: readonly Found[];
  /** Each place where the type `any` is written. */
  readonly anys: readonly Found[];
  readonly comments: readonly Found[];
  /** Each call, by its dotted callee: `test`, `test.each`, `context.skip`. */
  readonly calls: readonly Call[];
}

export interface Call extends Found {
  /** The string among its first two arguments, empty when there is none. */
  readonly words: string;
}

/** Parses a source. Throws a `SyntaxError` that names the path. */
export function parseSource(path: string, text: string): ParsedSource {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const lineOf = lineFinder(text);
  const imports: Import[] = [];
  const exportAlls: Found[] = [];
  const defaultExports: Found[] = [];
  const anys: Found[] = [];
  const calls: Call[] = [];
  const from = (source: { readonly start: number } | null, isType = false): void => {
    if (source === null) return;
    const specifier = stringOf(source);
    imports.push({ text: specifier ?? "", line: lineOf(source.start), isType });
  };
  new Visitor({
    ImportDeclaration: (node) => from(node.source, node.importKind === "type"),
    ImportExpression: (node) => from(node.source),
    TSImportType: (node) => from(node.source, true),
    TSExternalModuleReference: (node) => from(node.expression),
    ExportNamedDeclaration: (node) => {
      from(node.source, node.exportKind === "type");
      const isDefault = node.specifiers.some(({ exported }) => nameOf(exported) === "default");
      if (isDefault) defaultExports.push({ text: "as default", line: lineOf(node.start) });
    },
    ExportAllDeclaration: (node) => {
      from(node.source);
      exportAlls.push({ text: node.source.value, line: lineOf(node.start) });
    },
    ExportDefaultDeclaration: (node) => {
      defaultExports.push({ text: "default", line: lineOf(node.start) });
    },
    TSAnyKeyword: (node) => {
      anys.push({ text: "any", line: lineOf(node.start) });
    },
    CallExpression: (node) => {
      const words = node.arguments
        .slice(0, 2)
        .map(stringOf)
        .find((word) => word !== undefined);
      calls.push({ text: calleeOf(node.callee), line: lineOf(node.start), words: words ?? "" });
    },
  }).visit(program);
  return {
    imports,
    exportAlls,
    defaultExports,
    anys,
    calls,
    comments: comments.map(({ value, start }) => ({ text: value, line: lineOf(start) })),
  };
}

function nameOf(name: ESTree.ModuleExportName): string {
  return name.type === "Literal" ? name.value : name.name;
}

function stringOf(node: object): string | undefined {
  if ("value" in node && typeof node.value === "string") return node.value;
  if (!("quasis" in node) || !Array.isArray(node.quasis)) return undefined;
  return node.quasis.map((quasi: ESTree.TemplateElement) => quasi.value.cooked ?? "").join("…");
}

function calleeOf(node: ESTree.Expression | ESTree.Super): string {
  if (node.type === "Identifier") return node.name;
  if (node.type === "CallExpression") return calleeOf(node.callee);
  if (node.type !== "MemberExpression") return "?";
  return `${calleeOf(node.object)}.${node.property.type === "Identifier" ? node.property.name : "?"}`;
}

function lineFinder(text: string): (offset: number) => number {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => ends.filter((end) => end < offset).length + 1;
}
