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
import { readOrMakeToken } from "../../src/http/token-file.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-token-"));
  path = join(directory, "token");
});
afterEach(() => rmSync(directory, { recursive: true }));

const unsafe = (what: RegExp) =>
  expect.objectContaining({ code: "UNSAFE_TOKEN", message: expect.stringMatching(what) });
const refusal = () => {
  try {
    return readOrMakeToken(path);
  } catch (error) {
    return error;
  }
};

test("T3: a token has 256 bits, is ours alone, and stays the same", () => {
  const token = readOrMakeToken(path);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readOrMakeToken(path)).toBe(token);
});

test.each([0o604, 0o640, 0o660, 0o644])("T3: a token of mode %o is refused", (mode) => {
  readOrMakeToken(path);
  chmodSync(path, mode);
  expect(refusal()).toEqual(unsafe(/open to others.*remove it/));
});

test("T3: a link in the token's place is not followed, in neither way", () => {
  const elsewhere = join(directory, "elsewhere");
  symlinkSync(elsewhere, path);
  expect(refusal()).toEqual(unsafe(/is a link/));
  expect(() => readFileSync(elsewhere)).toThrow("ENOENT");
  rmSync(path);
  writeFileSync(elsewhere, `${"a".repeat(64)}\n`, { mode: 0o600 });
  linkSync(elsewhere, path);
  expect(refusal()).toEqual(unsafe(/no file of its own/));
});

test("T3: something else in its place, or another content, is refused", () => {
  writeFileSync(path, "short\n", { mode: 0o600 });
  expect(refusal()).toEqual(unsafe(/64 hexadecimal digits/));
  rmSync(path);
  mkdirSync(path, { mode: 0o700 });
  expect(refusal()).toEqual(unsafe(/no file of its own/));
});
