import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { homePath, openHome, socketPathOf } from "../src/home.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-home-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

test("HOLDFAST_HOME comes first, then XDG_STATE_HOME, then the user's home", () => {
  const all = { HOLDFAST_HOME: "/own", XDG_STATE_HOME: "/state", HOME: "/user" };
  expect(homePath(all)).toBe("/own");
  expect(homePath({ ...all, HOLDFAST_HOME: "" })).toBe("/state/holdfast");
  expect(homePath({ HOME: "/user" })).toBe("/user/.local/state/holdfast");
});

test("a relative HOLDFAST_HOME counts from the working directory, a relative XDG_STATE_HOME is ignored", () => {
  expect(homePath({ HOLDFAST_HOME: "own" }, "/here")).toBe("/here/own");
  expect(homePath({ XDG_STATE_HOME: "state", HOME: "/user" }, "/here")).toBe("/user/.local/state/holdfast");
});

test("without any of them there is no home", () => {
  expect(() => homePath({})).toThrow(expect.objectContaining({ code: "NO_HOME" }));
});

test("a home is made with mode 0700, whatever the umask, and opened again", () => {
  const umask = process.umask(0);
  try {
    const home = openHome({ HOLDFAST_HOME: join(root, "a", "b") });
    expect(statSync(home.path).mode & 0o777).toBe(0o700);
    expect(home.socketPath).toBe(join(root, "a", "b", "holdfast.sock"));
    expect(openHome({ HOLDFAST_HOME: join(root, "a", "b") })).toEqual(home);
  } finally {
    process.umask(umask);
  }
});

test("two homes have two ids", () => {
  const [one, two] = ["one", "two"].map((name) => openHome({ HOLDFAST_HOME: join(root, name) }).id);
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(one).not.toBe(two);
});

test("a home that somebody has just made, and that holds nothing, is closed to others", () => {
  chmodSync(root, 0o755);
  expect(openHome({ HOLDFAST_HOME: root }).path).toBe(root);
  expect(statSync(root).mode & 0o777).toBe(0o700);
});

test.each([0o750, 0o701, 0o755])(
  "a home with mode %o that holds something is refused, with the remedy",
  (mode) => {
    chmodSync(root, mode);
    writeFileSync(join(root, "state.db"), "");
    const remedy = `run: chmod 700 ${root}`;
    expect(() => openHome({ HOLDFAST_HOME: root })).toThrow(
      expect.objectContaining({ code: "UNSAFE_DIRECTORY", details: { path: root, why: "mode", remedy } }),
    );
  },
);

test.runIf(process.getuid?.() === 0)("a home of another user is refused", () => {
  chownSync(root, 12_345, 12_345);
  expect(() => openHome({ HOLDFAST_HOME: root })).toThrow(
    expect.objectContaining({ code: "UNSAFE_DIRECTORY", message: expect.stringContaining("user 12345") }),
  );
});

test("a file in the place of a home is refused", () => {
  writeFileSync(join(root, "file"), "");
  expect(() => openHome({ HOLDFAST_HOME: join(root, "file") })).toThrow(
    expect.objectContaining({ code: "UNSAFE_DIRECTORY" }),
  );
});

test("a home may be a link to a directory that is ours", () => {
  mkdirSync(join(root, "real"), { mode: 0o700 });
  symlinkSync(join(root, "real"), join(root, "link"));
  expect(openHome({ HOLDFAST_HOME: join(root, "link") }).path).toBe(join(root, "link"));
});

describe("a home whose path is too long for a socket", () => {
  const long = (): string => join(root, "x".repeat(100));

  test("has its socket in the runtime directory of the user", () => {
    const env = { HOLDFAST_HOME: long(), XDG_RUNTIME_DIR: root };
    const { socketPath, id } = openHome(env);
    expect(socketPath).toBe(join(root, `holdfast-${id}`, "holdfast.sock"));
    expect(statSync(join(root, `holdfast-${id}`)).mode & 0o777).toBe(0o700);
    expect(socketPathOf(long(), env)).toBe(socketPath);
  });

  test("has it in the temporary directory where there is none", () => {
    const { socketPath, id } = openHome({ HOLDFAST_HOME: long() });
    const place = join(tmpdir(), `holdfast-${process.getuid?.()}-${id}`);
    expect(socketPath).toBe(join(place, "holdfast.sock"));
    rmSync(place, { recursive: true });
  });

  test("refuses a link that somebody laid there", () => {
    const { id } = openHome({ HOLDFAST_HOME: long(), XDG_RUNTIME_DIR: root });
    rmSync(join(root, `holdfast-${id}`), { recursive: true });
    mkdirSync(join(root, "trap"), { mode: 0o700 });
    symlinkSync(join(root, "trap"), join(root, `holdfast-${id}`));
    expect(() => openHome({ HOLDFAST_HOME: long(), XDG_RUNTIME_DIR: root })).toThrow(
      expect.objectContaining({ code: "UNSAFE_DIRECTORY" }),
    );
  });

  test("107 bytes fit and 108 do not", () => {
    const path = (bytes: number): string => `/${"x".repeat(bytes - 1 - "/holdfast.sock".length)}`;
    expect(Buffer.byteLength(socketPathOf(path(107), {}))).toBe(107);
    expect(socketPathOf(path(108), {})).toMatch(/^\/tmp\/|holdfast-\d+-/);
  });
});
