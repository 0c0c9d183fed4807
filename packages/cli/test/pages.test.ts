import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pagesOf } from "../src/connection/pages.ts";

test("the dashboard is that of the checkout, else the published one, else where a build would put it", () => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-pages-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const program = ["/usr/bin/node", join(root, "cli/bin/holdfast.js")];
  const [built, published] = [join(root, "web/dist"), join(root, "cli/bundle/web")];
  expect(pagesOf(program)).toBe(built);
  mkdirSync(published, { recursive: true });
  writeFileSync(join(published, "index.html"), "");
  expect(pagesOf(program)).toBe(published);
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, "index.html"), "");
  expect(pagesOf(program)).toBe(built);
});
