import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type Engine, promisedLines, transcriptOf } from "../checks/run-program.ts";

const programs = fileURLToPath(new URL("programs/", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "holdfast-engines-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Where `scripts/setup-test-machine.sh` puts an engine, or else the user has one. */
function find(name: string): string | undefined {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const directories = [join(cache, "holdfast/engines"), ...(process.env["PATH"] ?? "").split(delimiter)];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

const found = (name: string, ...more: readonly string[]): Engine | undefined => {
  const path = find(name);
  const env = { DENO_DIR: scratch, BUN_INSTALL: scratch };
  return path === undefined ? undefined : { command: [path, ...more], env };
};

const engines: readonly (readonly [string, Engine | undefined])[] = [
  ["node", { command: [process.execPath] }],
  ["bun", found("bun", "--no-install")],
  // What it may read is for the programs it starts as workers; the runtime itself asks for nothing.
  ["deno", found("deno", "run", "--no-prompt", "--quiet", "--cached-only", "--allow-read")],
];
const linesOf = (name: string) => promisedLines(readFileSync(programs + name, "utf8"));
const smoke = readdirSync(programs).filter((name) => linesOf(name).length > 0);

describe.each(engines)("in %s", (name, engine) => {
  const needs = engine === undefined ? ` (skipped: needs ${name})` : "";
  test.skipIf(engine === undefined).each(smoke)(`%s prints what it says${needs}`, async (program) => {
    const expected = linesOf(program);
    expect(await transcriptOf(programs + program, expected, 15_000, engine)).toEqual(expected);
  });
});

test("no program of these is left out", () => {
  expect(smoke.length).toBeGreaterThan(5);
});
