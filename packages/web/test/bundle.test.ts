import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const dist = new URL("../dist/", import.meta.url);
const kib = 1_024;

/** What `npm ci` builds; without it the daemon says so, and so does this. */
const page = readFileSync(new URL("index.html", dist), "utf8");

/** A file, and all that it imports at once. */
function atOnce(name: string, seen: Set<string>): void {
  if (seen.has(name)) return;
  seen.add(name);
  if (!name.endsWith(".js")) return;
  const text = readFileSync(new URL(name, dist), "utf8");
  for (const [, imported] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g))
    atOnce(`assets/${imported}`, seen);
}

test("the first load is at most 150 KiB gzipped; graph and charts come when they are wanted", () => {
  const first = new Set<string>(["index.html"]);
  for (const [, path] of page.matchAll(/(?:src|href)="\/([^"]+)"/g)) atOnce(path ?? "", first);
  const size = (name: string): number => gzipSync(readFileSync(new URL(name, dist))).byteLength;
  const bytes = [...first].reduce((sum, name) => sum + size(name), 0);
  const all = readdirSync(new URL("assets", dist)).reduce((sum, name) => sum + size(`assets/${name}`), 0);
  console.log(`first load: ${(bytes / kib).toFixed(1)} KiB gzipped of ${(all / kib).toFixed(1)}`);
  expect(bytes).toBeGreaterThan(50 * kib);
  expect(bytes).toBeLessThanOrEqual(150 * kib);
});

test("the page has no inline script or style, and names nothing elsewhere", () => {
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|https?:/);
});
