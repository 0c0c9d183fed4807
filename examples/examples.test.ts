import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { transcriptOf } from "../test/checks/run-program.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const examples = readdirSync(here).filter((name) => /^\d\d-.*\.ts$/.test(name));

// What an example prints stands at its end, in a comment.
test.each(examples)("%s prints what it says, and ends as it says", async (name) => {
  const text = readFileSync(here + name, "utf8");
  expect(text).toMatch(/^\/\/ [A-Z]/);
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
  const [, prints = ""] = /\n\/\* prints\n([\s\S]+)\n\*\/\n$/.exec(text) ?? [];
  const expected = prints.split("\n");
  expect(await transcriptOf(here + name, expected)).toEqual(expected);
});

test("the examples are numbered without a gap", () => {
  const numbers = examples.map((name) => Number(name.slice(0, 2)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThan(0);
});
