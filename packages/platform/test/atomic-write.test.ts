import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileAtomic } from "../src/atomic-write.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-write-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

test("a file is replaced as a whole, with the mode asked for, and nothing is left over", async () => {
  const path = join(root, "token");
  writeFileSync(path, "old and longer", { mode: 0o644 });
  await writeFileAtomic(path, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await writeFileAtomic(path, new Uint8Array([1, 2]), { mode: 0o640 });
  expect([...readFileSync(path)]).toEqual([1, 2]);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(root)).toEqual(["token"]);
});

test("a failure leaves the old file and no other", async () => {
  const path = join(root, "directory");
  mkdirSync(join(path, "full"), { recursive: true });
  await expect(writeFileAtomic(path, "new")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(root)).toEqual(["directory"]);
});

test("a reader never finds anything between old and new", async () => {
  const path = join(root, "state");
  const contents = ["a", "b"].map((letter) => letter.repeat(100_000));
  await writeFileAtomic(path, "a".repeat(100_000));
  const writes = Promise.all(
    Array.from({ length: 20 }, (_, i) => writeFileAtomic(path, contents[i % 2] ?? "")),
  );
  let done = false;
  void writes.then(() => {
    done = true;
  });
  while (!done) {
    expect(contents).toContain(readFileSync(path, "utf8"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(readdirSync(root)).toEqual(["state"]);
});
