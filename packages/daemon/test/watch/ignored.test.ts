import { expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { isIgnored, matchesAny } from "../../src/watch/ignored.ts";

test.each([
  ["a.log", "*.log", true],
  ["deep/down/a.log", "*.log", true],
  ["a.log.gz", "*.log", false],
  ["dist/x.js", "dist", true],
  ["dist/x.js", "dist/", true],
  ["src/dist/x.js", "/dist", false],
  ["src/dist/x.js", "src/dist", true],
  ["src/a/b/c.test.ts", "src/**/*.test.ts", true],
  ["src/c.test.ts", "src/**/*.test.ts", true],
  ["src/a/c.ts", "src/*.ts", false],
  ["a1.js", "a?.js", true],
  ["a.js", "[ab].js", true],
  ["c.js", "[!ab].js", true],
  ["a+b (1).js", "a+b (1).js", true],
  ["aab.js", "a+b.js", false],
  ["a.js", "[z-a].js", false],
  ["b.js", "[a-c].js", true],
  ["-.js", "[a-c].js", false],
])("%s and the pattern %s: %s", (path, pattern, matches) => {
  expect(matchesAny(path, [pattern])).toBe(matches);
});

test("what editors, version control and installers write is ignored, and what people write is not", () => {
  for (const path of [
    "node_modules/x/index.js",
    "packages/a/node_modules/b.js",
    ".git/HEAD",
    "src/.app.js.swp",
    "src/app.js~",
    "src/4913",
    "src/#app.js#",
    "src/.#app.js",
    "src/app.js___jb_tmp___",
  ]) {
    expect([path, isIgnored(path, [])]).toEqual([path, true]);
  }
  for (const path of ["src/app.js", ".env", ".github/x.yml", "a#b.js", "my_node_modules/x.js"]) {
    expect([path, isIgnored(path, [])]).toEqual([path, false]);
  }
});

test("a pattern with many stars takes no time", () => {
  const begun = ownMs();
  matchesAny("a".repeat(200), [`${"*a".repeat(20)}b`]);
  expect(ownMs() - begun).toBeLessThan(1_000);
});
