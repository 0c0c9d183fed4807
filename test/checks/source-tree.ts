import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** File contents by path from the root of the workspace, with `/` in between. */
export type SourceTree = ReadonlyMap<string, string>;

const skipped: ReadonlySet<string> = new Set([
  "node_modules",
  "dist",
  "bundle",
  "coverage",
  ".git",
  ".holdfast",
]);

/** Reads every program and every `package.json` below `root`. */
export function readSourceTree(root: string): SourceTree {
  const tree = new Map<string, string>();
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) visit(path);
      } else if (isProgram(entry.name) || entry.name === "package.json") {
        tree.set(relative(root, path), readFileSync(path, "utf8"));
      }
    }
  };
  visit(root);
  return new Map([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** True for the name of a file that Node runs. */
export function isProgram(name: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(name);
}
