import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { promisedLines, transcriptOf } from "../test/checks/run-program.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const all = readdirSync(here).filter((name) => /^\d\d-.*\.ts$/.test(name));
// The one for a browser has a test of its own.
const examples = all.filter((name) => !name.endsWith("-browser.ts"));

// What an example prints stands at its end, in a comment.
test.each(examples)("%s prints what it says, and ends as it says", async (name) => {
  const expected = promisedLines(readFileSync(here + name, "utf8"));
  expect(await transcriptOf(here + name, expected)).toEqual(expected);
});

test("the examples are numbered without a gap and in the list; each says what it shows, in 60 lines at most", () => {
  const readme = readFileSync(`${here}README.md`, "utf8");
  expect(all.length).toBeGreaterThan(12);
  expect(all.map((name) => Number(name.slice(0, 2)))).toEqual(all.map((_, index) => index + 1));
  for (const name of all) {
    const text = readFileSync(here + name, "utf8");
    expect(text, name).toMatch(/^\/\/ [A-Z]/);
    expect(text.trimEnd().split("\n").length, name).toBeLessThanOrEqual(60);
    expect(promisedLines(text).length, name).toBeGreaterThan(0);
    expect(readme).toContain(`\n- [${name}](${name}): ${text.slice(3, text.indexOf("\n"))}\n`);
  }
});
