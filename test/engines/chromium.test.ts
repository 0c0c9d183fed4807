import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nodeOnly, suites } from "./chromium.ts";

test("the tests that run in Node only are those that import something of it", () => {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const importing = globSync(suites, { cwd }).filter((path) =>
    /from "node:/.test(readFileSync(`${cwd}/${path}`, "utf8")),
  );
  expect(importing.sort()).toEqual(globSync(Object.keys(nodeOnly), { cwd }).sort());
});
