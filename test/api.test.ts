import { expect, test } from "vitest";
import { apiReport } from "./checks/api-report.ts";
import { readSourceTree } from "./checks/source-tree.ts";

const tree = readSourceTree(new URL("..", import.meta.url).pathname);

// When a change is meant: `npx vitest run test/api.test.ts -u`, and a line in CHANGELOG.md.
test.each(["runtime", "rpc", "relay"])(
  "what @holdfast/%s exports is what was last agreed on",
  async (name) => {
    const { exports } = JSON.parse(tree.get(`packages/${name}/package.json`) ?? "") as {
      readonly exports: Readonly<Record<string, string>>;
    };
    const reports = Object.entries(exports).map(([entry, path]) => {
      const report = apiReport(tree, `packages/${name}/${path.slice(2)}`);
      expect(report).toContain("export declare ");
      return `// @holdfast/${name}${entry.slice(1)}\n${report}\n`;
    });
    await expect(reports.join("\n")).toMatchFileSnapshot(`api/${name}.txt`);
  },
);

test("a report has the declarations of an entry by name, those of its own and those it passes on", () => {
  const files = new Map([
    ["p/index.ts", 'export { type B, a } from "./b.ts";\nexport const z: 1 = 1;'],
    ["p/b.ts", 'export { type B, a } from "./a.ts";'],
    [
      "p/a.ts",
      "/** A. */\nexport function a(b: B): void {}\nexport interface B {\n  /** C. */\n  c(): void;\n}\nexport const hidden = 1;",
    ],
  ]);
  expect(apiReport(files, "p/index.ts").split("\n")).toEqual([
    "export interface B {",
    "\tc(): void;",
    "}",
    "export declare function a(b: B): void;",
    "export declare const z: 1;",
  ]);
});
