import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { bundle } from "../test/checks/bundle-size.ts";
import { promisedLines } from "../test/checks/run-program.ts";
import { chromium } from "../test/engines/chromium.ts";

const example = fileURLToPath(new URL("18-browser.ts", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "holdfast-page-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The page it is in: shows what is logged, loses its connection, has it again, and is left. */
const page = (program: string): string => `<!doctype html><title>page</title><pre></pre>
<script>
  console.log = (line) => document.querySelector("pre").append(line + "\\n");
  ["offline", "online", "pagehide"].forEach((type, index) =>
    setTimeout(() => dispatchEvent(new Event(type)), 100 * (index + 1)));
</script>
<script type="module">${program}</script>`;

test("18-browser.ts prints in Chromium what it says", async (context) => {
  if (chromium === undefined) return context.skip("skipped: needs chromium");
  const file = join(directory, "page.html");
  writeFileSync(file, page(await bundle(`import ${JSON.stringify(example)};`)));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=1000", "--dump-dom"];
  const profile = `--user-data-dir=${join(directory, "profile")}`;
  const { stdout } = await promisify(execFile)(chromium, [...flags, profile, `file://${file}`]);
  expect(/<pre>([\s\S]*)\n<\/pre>/.exec(stdout)?.[1]?.split("\n")).toEqual(
    promisedLines(readFileSync(example, "utf8")),
  );
});
