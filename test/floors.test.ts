import { expect, test } from "vitest";
import { floorViolations } from "./checks/floors.ts";
import { readSourceTree } from "./checks/source-tree.ts";

const root = new URL("..", import.meta.url).pathname;

test("every package imports only what is on lower floors and in its package.json", () => {
  const tree = readSourceTree(root);
  const sources = [...tree.keys()].filter((path) => /^packages\/[^/]+\/src\//.test(path));
  expect(sources.length).toBeGreaterThan(50);
  expect(floorViolations(tree)).toEqual([]);
});

const dependingOn = (name: string, ...dependencies: readonly string[]): string =>
  JSON.stringify({ name, dependencies: Object.fromEntries(dependencies.map((each) => [each, "1.0.0"])) });

/** A small workspace that keeps the law, but for the files given. */
function workspace(files: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({
      "packages/runtime/package.json": dependingOn("@holdfast/runtime"),
      "packages/runtime/src/index.ts": 'export { a } from "./a.ts";',
      "packages/runtime/src/a.ts": "export const a = 1;",
      "packages/rpc/package.json": dependingOn("@holdfast/rpc", "@holdfast/runtime"),
      "packages/rpc/src/index.ts": 'import { a } from "@holdfast/runtime"; export const b: number = a;',
      "packages/daemon/package.json": dependingOn("@holdfast/daemon", "@holdfast/rpc", "yaml"),
      "packages/daemon/src/index.ts":
        'import { parse } from "yaml"; export { readFile } from "node:fs"; parse("");',
      ...files,
    }),
  );
}

/** The dashboard: built with others' packages into one bundle, and with the daemon's types. */
const page = {
  "packages/web/package.json": JSON.stringify({
    name: "@holdfast/web",
    dependencies: { "@holdfast/rpc": "1.0.0" },
    devDependencies: { react: "1.0.0", "@holdfast/daemon": "1.0.0" },
  }),
  "packages/web/src/main.tsx":
    'import { useState } from "react"; export type { AppStatus } from "@holdfast/daemon/api"; useState(<p />);',
};

test("a workspace that keeps the law has no violation", () => {
  expect(floorViolations(workspace())).toEqual([]);
  expect(floorViolations(workspace(page))).toEqual([]);
});

test.each([
  [
    "a dependency on a higher floor",
    { "packages/rpc/package.json": dependingOn("@holdfast/rpc", "@holdfast/runtime", "holdfast") },
    "packages/rpc/package.json: @holdfast/rpc may not depend on holdfast, which is on no lower floor",
  ],
  [
    "a dependency on the same floor",
    { "packages/rpc/package.json": dependingOn("@holdfast/rpc", "@holdfast/runtime", "@holdfast/platform") },
    "packages/rpc/package.json: @holdfast/rpc may not depend on @holdfast/platform, which is on no lower floor",
  ],
  [
    "any dependency of the runtime",
    { "packages/runtime/package.json": dependingOn("@holdfast/runtime", "yaml") },
    "packages/runtime/package.json: @holdfast/runtime depends on nothing, but has yaml",
  ],
  [
    "a package of which the law says nothing",
    { "packages/attic/package.json": dependingOn("@holdfast/attic") },
    "packages/attic/package.json: @holdfast/attic stands on no floor",
  ],
  [
    "an import that is not declared",
    { "packages/daemon/src/deep/b.ts": '// why\nimport type { C } from "croner/dist";\nexport type D = C;' },
    "packages/daemon/src/deep/b.ts:2: croner is not in its package.json's dependencies",
  ],
  [
    "an import of another package that is not declared",
    { "packages/daemon/src/b.ts": 'export type D = import("@holdfast/runtime/testing").D;' },
    "packages/daemon/src/b.ts:1: @holdfast/runtime is not in its package.json's dependencies",
  ],
  [
    "a dynamic import that is not declared",
    { "packages/daemon/src/b.ts": 'export const load = () => import("croner");' },
    "packages/daemon/src/b.ts:1: croner is not in its package.json's dependencies",
  ],
  [
    "a dynamic import that cannot be known",
    { "packages/daemon/src/b.ts": "export const load = (name: string) => import(name);" },
    "packages/daemon/src/b.ts:1: the import's specifier is no constant",
  ],
  [
    "a relative path into another package",
    { "packages/daemon/src/b.ts": 'export { a } from "../../runtime/src/a.ts";' },
    "packages/daemon/src/b.ts:1: ../../runtime/src/a.ts reaches out of the package; import it by its name",
  ],
  [
    "a package that imports itself by name",
    { "packages/rpc/src/b.ts": 'export { b } from "@holdfast/rpc";' },
    "packages/rpc/src/b.ts:1: @holdfast/rpc imports itself; use a relative path",
  ],
  [
    "Node in a universal package",
    { "packages/rpc/src/b.ts": 'import "node:fs";' },
    "packages/rpc/src/b.ts:1: @holdfast/rpc is universal and may not import node:fs",
  ],
  [
    "Node in a universal package, by its old name",
    { "packages/runtime/src/b.ts": 'export { once } from "events";' },
    "packages/runtime/src/b.ts:1: @holdfast/runtime is universal and may not import events",
  ],
  [
    "Node in the universal part of a package",
    {
      "packages/relay/package.json": dependingOn("@holdfast/relay", "@holdfast/runtime"),
      "packages/relay/src/client/b.ts": 'import "node:http";',
      "packages/relay/src/server/c.ts": 'import "node:http";',
    },
    "packages/relay/src/client/b.ts:1: @holdfast/relay is universal and may not import node:http",
  ],
  [
    "an undeclared import in a program under bin",
    { "packages/daemon/bin/run.js": '#!/usr/bin/env node\nimport "ws";' },
    "packages/daemon/bin/run.js:2: ws is not in its package.json's dependencies",
  ],
  [
    "a use of the daemon in the page",
    { ...page, "packages/web/src/b.ts": 'import { logLevels } from "@holdfast/daemon/api"; logLevels;' },
    "packages/web/src/b.ts:1: of @holdfast/daemon @holdfast/web may use the types alone: import type",
  ],
  [
    "a package in the page that it is not built with",
    { ...page, "packages/web/src/b.ts": 'import "preact";' },
    "packages/web/src/b.ts:1: preact is not in its package.json's dependencies",
  ],
])("%s is a violation", (_what, files, violation) => {
  expect(floorViolations(workspace(files))).toEqual([violation]);
});

test("a cycle of packages is a violation of each that is in it", () => {
  const files = {
    "packages/relay/package.json": dependingOn("@holdfast/relay", "@holdfast/peer"),
    "packages/peer/package.json": dependingOn("@holdfast/peer", "@holdfast/relay"),
  };
  const violations = floorViolations(workspace(files));
  expect(violations).toContain(
    "packages/relay/package.json: @holdfast/relay depends on itself by way of others",
  );
  expect(violations).toContain(
    "packages/peer/package.json: @holdfast/peer depends on itself by way of others",
  );
});

test("a comment or a string that looks like an import is none", () => {
  const text = '// import "ws";\nexport const text = "import \\"ws\\"";';
  expect(floorViolations(workspace({ "packages/rpc/src/b.ts": text }))).toEqual([]);
});
