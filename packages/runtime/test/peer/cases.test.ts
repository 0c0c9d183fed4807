import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const read = (path: string) => readFileSync(`${here}${path}`, "utf8");
const quoted = (text = "") => Array.from(text.matchAll(/`([^`]+)`/g), ([, name = ""]) => name);

/** `- `file`: `case` `case` …`, over several lines, and rows `| `case` | why not |`. */
const suites = read("README.md")
  .split("\n## ")
  .slice(1)
  .map((section) => {
    const [, name = "", size] = /^([^:]+): (\d+) cases/.exec(section) ?? [];
    const ported = Array.from(section.matchAll(/^- `([^`]+)`:((?:\s+`[^`]+`)+)/gm)).flatMap(
      ([, file = "", cases]) => quoted(cases).map((title) => ({ file, title })),
    );
    const left = Array.from(
      section.matchAll(/^\| `([^`]+)` +\| (.*?) *\|$/gm),
      ([, title = "", why = ""]) => ({ title, why }),
    );
    return { name, size: Number(size), ported, left };
  });

/** The case as the beginning of a title, in a test or in the table of one. */
const titled = (title: string) => new RegExp(`"${title}(: |"[,\\]])`);

test("so many cases of each suite are here", () => {
  expect(suites.map(({ name, ported }) => [name, ported.length])).toEqual([
    ["OTP", 78],
    ["suture", 21],
    ["tokio-graceful-shutdown", 39],
    ["dig-service", 16],
    ["Wishes", 11],
  ]);
});

for (const { name, size, ported, left } of suites) {
  test(`${name}: every case is here by its name, or has a reason why not`, () => {
    const titles = [...ported, ...left].map(({ title }) => title);
    expect([titles.length, new Set(titles).size]).toEqual([size, size]);
    expect(ported.filter(({ file, title }) => !titled(title).test(read(file)))).toEqual([]);
    expect(left.filter(({ why }) => why === "")).toEqual([]);
  });
}

test("every test file here is named, and no test in it is left out of a run", () => {
  const files = globSync("**/*.test.ts", { cwd: here }).filter((file) => file !== "cases.test.ts");
  expect(files.sort()).toEqual(
    [...new Set(suites.flatMap(({ ported }) => ported.map(({ file }) => file)))].sort(),
  );
  expect(files.filter((file) => /test(\.each)?\.(skip|todo|only|fails)/.test(read(file)))).toEqual([]);
});
