import { expect, test } from "vitest";
import { docTexts, errorCodes, publicThings } from "./checks/doc-comments.ts";
import { readSourceTree } from "./checks/source-tree.ts";

const root = new URL("..", import.meta.url).pathname;
const tree = readSourceTree(root);
const runtime = "packages/runtime/";
const { exports: entries } = JSON.parse(tree.get(`${runtime}package.json`) ?? "") as {
  readonly exports: Readonly<Record<string, string>>;
};
const things = Object.values(entries).flatMap((path) => publicThings(tree, runtime + path.slice(2)));
const tell = (found: typeof things) => found.map(({ path, name, doc }) => `${path}: ${name} "${doc}"`);

test.each([
  { kind: "export", words: 4 },
  { kind: "method", words: 3 },
])("every $kind of the runtime has a doc comment of $words words or more", ({ kind, words }) => {
  const found = things.filter((thing) => thing.kind === kind);
  expect(found.length).toBeGreaterThan(50);
  expect(tell(found.filter(({ doc }) => doc.split(/\s+/).length < words))).toEqual([]);
});

test("every moment in time says of which clock it is, in ms", () => {
  const found = things.filter(({ kind }) => kind === "moment");
  expect(found.length).toBeGreaterThanOrEqual(3);
  expect(tell(found.filter(({ doc }) => !/\b(wall|monotonic) ms\b/.test(doc)))).toEqual([]);
});

test("every error code is told in a doc comment", () => {
  const codes = [...errorCodes(tree, `${runtime}src/`)];
  expect(codes).toEqual(expect.arrayContaining(["CANCELLED", "INTENSITY_EXCEEDED", "OPERATION_REFUSED"]));
  const docs = docTexts(tree, `${runtime}src/`);
  expect(codes.filter((code) => !docs.includes(code))).toEqual([]);
});
