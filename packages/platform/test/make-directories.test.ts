import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDirectories } from "@holdfast/platform";
import { expect, onTestFinished, test } from "vitest";

test("makes what is missing, and leaves what is there", () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-directories-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "a", "b", "c");
  makeDirectories(path, 0o700);
  makeDirectories(path, 0o755);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("comes back from below a directory that takes no entries, with what the system says", () => {
  expect(() => makeDirectories("/proc/holdfast/none")).toThrow(expect.objectContaining({ code: "ENOENT" }));
});
