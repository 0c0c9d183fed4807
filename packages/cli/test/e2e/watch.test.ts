import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const manifest = `
services:
  web:
    command: ["sh", "-c", "cat src/greeting; exec sleep 1000"]
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
    watch: [{ path: src, debounce: 100ms }]
`;

test("a saved file restarts the app that watches it, and up says which file it was", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": manifest, "src/greeting": "one\n" });
  const source = join(holdfast.directory, "src");
  const up = holdfast.start("up");
  await up.prints("web | one");
  mkdirSync(join(source, "node_modules"));
  writeFileSync(join(source, "node_modules/x.js"), "x");
  // As an editor saves it.
  writeFileSync(join(source, "greeting~"), "two\n");
  renameSync(join(source, "greeting~"), join(source, "greeting"));
  await up.prints("web | two");
  await up.prints("· web is restarted: src/greeting changed");
  expect(up.err).not.toContain("node_modules");

  rmSync(source, { recursive: true });
  // Which of the two it was told of first is the kernel's affair.
  await up.prints("No such file or directory");
  mkdirSync(source);
  writeFileSync(join(source, "greeting"), "three\n");
  await up.prints("web | three");
  writeFileSync(join(source, "greeting"), "four\n");
  await up.prints("web | four");
  await systemClock.sleep(300);
  up.signal("SIGINT");
  expect(await up.ended).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
});
