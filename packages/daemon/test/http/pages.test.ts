import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { pagePolicy } from "../../src/http/pages.ts";
import { httpRig } from "./http-rig.ts";

const script = "console.log('dashboard');".repeat(100);

/** A directory as a build leaves it. */
function built(): string {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-pages-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "dist", "assets"), { recursive: true });
  const pages = join(directory, "dist");
  writeFileSync(join(directory, "secret"), "not for you");
  writeFileSync(join(pages, "index.html"), "<!doctype html><title>Holdfast</title>");
  writeFileSync(join(pages, ".env"), "SECRET=1");
  writeFileSync(join(pages, "assets", "index-B1x2Y3z4.js"), script);
  writeFileSync(join(pages, "assets", "index-B1x2Y3z4.js.br"), brotliCompressSync(script));
  writeFileSync(join(pages, "assets", "style.css"), "body{}");
  symlinkSync(join(directory, "secret"), join(pages, "assets", "link.txt"));
  return pages;
}

test("the dashboard is served to anybody on the loopback, and may load nothing foreign", async () => {
  const { ask } = await httpRig({ pages: built() });
  const page = await ask("/", { token: null });
  expect(page).toMatchObject({ status: 200, text: "<!doctype html><title>Holdfast</title>" });
  expect(page.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy": pagePolicy,
    "x-content-type-options": "nosniff",
  });
  expect(pagePolicy).toContain("default-src 'none'; script-src 'self'");
  expect((await ask("/assets/style.css", { token: null })).headers["content-type"]).toMatch(/^text\/css/);
});

test("a file whose name has a hash is kept for ever, every other one is asked for again", async () => {
  const { ask } = await httpRig({ pages: built() });
  const hashed = await ask("/assets/index-B1x2Y3z4.js", { token: null });
  expect(hashed.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  const style = await ask("/assets/style.css", { token: null });
  expect(style.headers["cache-control"]).toBe("no-cache");
  const again = await ask("/assets/style.css", {
    token: null,
    headers: { "If-None-Match": `"other", ${String(style.headers["etag"])}` },
  });
  expect(again).toMatchObject({ status: 304, text: "" });
  const other = await ask("/assets/style.css", { token: null, headers: { "If-None-Match": '"other"' } });
  expect(other.status).toBe(200);
});

test("who takes brotli gets what was packed when it was built, and who does not the file itself", async () => {
  const { server, ask } = await httpRig({ pages: built() });
  const path = "/assets/index-B1x2Y3z4.js";
  const packed = await fetch(`${server.url}${path}`, { headers: { "Accept-Encoding": "gzip, br" } });
  expect([packed.headers.get("content-encoding"), await packed.text()]).toEqual(["br", script]);
  const raw = await ask(path, { token: null, headers: { "Accept-Encoding": "gzip;q=1, br;q=0" } });
  expect([raw.headers["content-encoding"], raw.text]).toEqual([undefined, script]);
  expect((await ask(path, { token: null })).text).toBe(script);
  expect(brotliDecompressSync(brotliCompressSync(script)).toString()).toBe(script);
});

test("no path leads out of the directory, to a hidden file, over a link, or to a directory", async () => {
  const { raw, ask } = await httpRig({ pages: built() });
  for (const path of [
    "/../secret",
    "/assets/../../secret",
    "/..%2fsecret",
    "/%2e%2e/secret",
    "//secret",
    "/assets/link.txt",
    "/.env",
    "/assets",
    "/assets/",
    "/index.html/",
    "/INDEX.HTML",
    "/assets\\..\\..\\secret",
    "/index.html%00",
    "/__proto__",
  ]) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect([path, answer.split("\r\n", 1)[0]]).toEqual([path, "HTTP/1.1 401 Unauthorized"]);
    expect(answer).not.toContain("not for you");
  }
  expect((await ask("/nothing")).status).toBe(404);
});

test("a page is only read", async () => {
  const { ask } = await httpRig({ pages: built() });
  const post = await ask("/", { method: "POST", token: null, body: "{}" });
  expect([post.status, post.headers["allow"]]).toEqual([405, "GET, HEAD"]);
  const head = await ask("/", { method: "HEAD", token: null });
  expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "38"]);
});

test("where no dashboard was built, / says how to build it, and shows it once it is", async () => {
  const pages = join(built(), "..", "later");
  const { ask, errors } = await httpRig({ pages });
  const missing = await ask("/", { token: null });
  expect(missing.status).toBe(404);
  expect(missing.text).toContain("npm run build");
  expect(missing.headers["content-type"]).toMatch(/^text\/plain/);
  mkdirSync(pages);
  writeFileSync(join(pages, "index.html"), "built");
  await expect.poll(() => ask("/", { token: null })).toMatchObject({ status: 200, text: "built" });
  expect(errors).toEqual([]);
});
