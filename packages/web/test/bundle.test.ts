import { existsSync, readdirSync, readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
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

/** As it is sent. */
function sizeOf(name: string): number {
  const packed = new URL(`${name}.br`, dist);
  return readFileSync(existsSync(packed) ? packed : new URL(name, dist)).byteLength;
}

test("the first load is at most 120 KiB as it is sent; graph and charts come when they are wanted", () => {
  const first = new Set<string>(["index.html"]);
  for (const [, path] of page.matchAll(/(?:src|href)="\/([^"]+)"/g)) atOnce(path ?? "", first);
  const bytes = [...first].reduce((sum, name) => sum + sizeOf(name), 0);
  const names = readdirSync(new URL("assets", dist)).filter((name) => !name.endsWith(".br"));
  const all = names.reduce((sum, name) => sum + sizeOf(`assets/${name}`), 0);
  console.log(`first load: ${(bytes / kib).toFixed(1)} KiB sent of ${(all / kib).toFixed(1)}`);
  expect(bytes).toBeGreaterThan(50 * kib);
  expect(bytes).toBeLessThanOrEqual(120 * kib);
});

test("what is packed beside a file is that file, and every large one is packed", () => {
  const names = readdirSync(new URL("assets", dist)).filter((name) => !name.endsWith(".br"));
  for (const name of names) {
    const whole = readFileSync(new URL(`assets/${name}`, dist));
    const packed = new URL(`assets/${name}.br`, dist);
    expect([name, existsSync(packed)]).toEqual([name, whole.byteLength >= kib]);
    if (existsSync(packed)) expect(brotliDecompressSync(readFileSync(packed)).equals(whole)).toBe(true);
  }
});

test("the page has no inline script or style, and names nothing elsewhere", () => {
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|https?:/);
});
