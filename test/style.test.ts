import { expect, test } from "vitest";
import { readSourceTree } from "./checks/source-tree.ts";
import { styleViolations } from "./checks/style.ts";

const root = new URL("..", import.meta.url).pathname;

test("every source keeps the rules of the house", () => {
  const tree = readSourceTree(root);
  expect([...tree.keys()].filter((path) => path.endsWith(".test.ts")).length).toBeGreaterThan(20);
  expect(styleViolations(tree)).toEqual([]);
});

const violationsOf = (path: string, text: string): readonly string[] =>
  styleViolations(new Map([[path, text]]));

test.each([
  ["packages/a/src/log-helper.ts", "", ':1: "helper" in its name says nothing'],
  ["packages/a/src/utils/b.ts", "", ':1: "utils" in its name says nothing'],
  ["packages/a/test/common.ts", "", ':1: "common" in its name says nothing'],
  ["packages/a/src/b.ts", '\nexport * from "./c.ts";', ":2: exports all of ./c.ts; name what is public"],
  ["packages/a/src/b.ts", "export default 1;", ":1: has a default export; name it"],
  ["packages/a/src/b.ts", "const c = 1;\nexport { c as default };", ":2: has a default export; name it"],
  ["packages/a/src/b.ts", "export const c = JSON.parse('') as any;", ':1: has the type "any"'],
  ["packages/a/src/b.ts", "export function c(\n  d: any,\n) {}", ':2: has the type "any"'],
  ["packages/a/src/b.ts", "export type C = readonly any[];", ':1: has the type "any"'],
  ["packages/a/src/b.ts", "// TODO: later", ":1: TODO in a comment"],
  ["packages/a/src/b.ts", "/**\n * FIXME\n */", ":2: FIXME in a comment"],
  ["packages/a/src/b.ts", "// @ts-expect-error", ":1: @ts-expect-error in a comment"],
  ["packages/a/src/b.ts", "// @ts-ignore", ":1: @ts-ignore in a comment"],
  [
    "packages/a/src/b.ts",
    "mkdirSync(path, {\n  recursive: true });",
    ":1: mkdir with recursive may never return; use makeDirectories of @holdfast/platform",
  ],
  ["packages/a/test/b.test.ts", "export const c = 1;", ":1: has no test"],
  [
    "packages/a/test/b.test.ts",
    'test.only("c", () => {});\ntest("d", () => {});',
    ":1: test.only leaves all other tests out",
  ],
  ["packages/a/test/b.ts", 'describe.only("c", () => {});', ":1: describe.only leaves all other tests out"],
  [
    "packages/a/test/b.test.ts",
    'test("c", () => {});\ntest.skip("a sentence", () => {});',
    ':2: test.skip does not say what it needs ("skipped: needs X")',
  ],
  [
    "packages/a/test/b.test.ts",
    'test("c", (context) => context.skip());',
    ':1: context.skip does not say what it needs ("skipped: needs X")',
  ],
])("%s with %j breaks a rule", (path, text, violation) => {
  expect(violationsOf(path, text)).toEqual([`${path}${violation}`]);
});

test.each([
  ["packages/a/src/state-database.ts", "// as any other: a word is no type\nexport const info = 'TODO';"],
  ["packages/a/src/b.ts", 'export type { C } from "./c.ts";\nexport { d } from "./d.ts";'],
  ["packages/a/test/b.test.ts", 'test.each([1])("%d", () => {});'],
  ["packages/a/test/b.test.ts", 'test("c", (context) => context.skip(!has, "skipped: needs podman"));'],
  ["vitest.config.ts", "export default {};"],
])("%s with %j keeps the rules", (path, text) => {
  expect(violationsOf(path, text)).toEqual([]);
});

test("a program has 400 lines at most, and so has a test", () => {
  const lines = (count: number): string => "export {};\n".repeat(count);
  expect(violationsOf("scripts/a.ts", lines(400))).toEqual([]);
  expect(violationsOf("scripts/a.ts", lines(401))).toEqual([
    "scripts/a.ts:401: 401 lines, and 400 are the most",
  ]);
  expect(violationsOf("packages/a/test/b.ts", lines(401))).toHaveLength(1);
});

test("the tests of a shared suite count for the file that runs it", () => {
  const tree = new Map([
    ["packages/a/test/b.test.ts", 'import { suite } from "./suite.ts"; suite("b");'],
    ["packages/a/test/suite.ts", "export const suite = (name: string) => test(name, () => {});"],
  ]);
  expect(styleViolations(tree)).toEqual([]);
});
