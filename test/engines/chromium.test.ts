import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nodeOnly, suites } from "./chromium.ts";

test("the tests that run in Node only are those that import something of it", () => {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const importing = globSync(suites, { cwd }).filter((path) =>
    /from "node:/.test(readFileSync(`${cwd}/${path}`, "utf8")),
  );
  // One that matches nothing stands for itself.
  const listed = Object.keys(nodeOnly).flatMap((pattern) => {
    const paths = globSync(pattern, { cwd });
    return paths.length === 0 ? pattern : paths;
  });
  expect(importing.sort()).toEqual(listed.sort());
});
