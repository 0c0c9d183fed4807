import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensurePrivateFile } from "../src/private-file.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-private-"));
  path = join(directory, "file");
});
afterEach(() => rmSync(directory, { recursive: true }));

const refusal = (what: string) =>
  expect.objectContaining({ code: "UNSAFE_FILE", message: expect.stringContaining(what) });

test("T4: a file is made with mode 0600 whatever the umask, and a wider one is narrowed with its content kept", () => {
  const umask = process.umask(0);
  try {
    ensurePrivateFile(path);
  } finally {
    process.umask(umask);
  }
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, "kept");
  chmodSync(path, 0o666);
  ensurePrivateFile(path);
  expect([statSync(path).mode & 0o777, readFileSync(path, "utf8")]).toEqual([0o600, "kept"]);
});

test("T4: a link, a second name, a directory and a file of somebody else's are refused, and left as they are", () => {
  const elsewhere = join(directory, "elsewhere");
  symlinkSync(elsewhere, path);
  expect(() => ensurePrivateFile(path)).toThrow(refusal("is a link"));
  expect(() => statSync(elsewhere)).toThrow("ENOENT");
  rmSync(path);
  writeFileSync(elsewhere, "", { mode: 0o644 });
  linkSync(elsewhere, path);
  expect(() => ensurePrivateFile(path)).toThrow(refusal("no file of its own"));
  expect(statSync(elsewhere).mode & 0o777).toBe(0o644);
  rmSync(path);
  mkdirSync(path);
  expect(() => ensurePrivateFile(path)).toThrow(refusal("no file of its own"));
});
