import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import type { Found } from "./whole/hunt.ts";
import { type Mutant, mutants } from "./whole/mutants.ts";

/** Within so many schedules each must be caught. */
const schedules = 6_000;

const runtime = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "holdfast-mutants-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The sources and the scenario beside each other, with the mutant in place. */
function mutated(name: string, mutant?: Mutant): string {
  const copy = join(folder, name);
  cpSync(join(runtime, "src"), join(copy, "src"), { recursive: true });
  cpSync(join(runtime, "test/simulation/whole"), join(copy, "test/simulation/whole"), { recursive: true });
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }');
  if (mutant) {
    const path = join(copy, "src", mutant.file);
    const source = readFileSync(path, "utf8");
    const parts = source.split(mutant.from);
    expect(parts, `${mutant.file} has this text once: ${mutant.from}`).toHaveLength(2);
    writeFileSync(path, parts.join(mutant.to));
  }
  return copy;
}

async function hunt(copy: string, count: number): Promise<Found> {
  const program = join(copy, "test/simulation/whole/hunt.ts");
  const args = [program, copy, String(count)];
  // A mutant may well spin for ever.
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 110_000 });
  return JSON.parse(stdout) as Found;
}

test("a copy without a mutant is found to be without a fault", { timeout: 120_000 }, async () => {
  expect(await hunt(mutated("none"), 300)).toEqual({ seed: 300 });
});

test.each(mutants.map((mutant, index) => ({ ...mutant, index })))(
  "caught: $what",
  { timeout: 120_000 },
  async ({ index, ...mutant }) => {
    const found = await hunt(mutated(`mutant-${index}`, mutant), schedules);
    console.log(`${mutant.what}: seed ${found.seed}, ${found.caughtBy}: ${found.what}`);
    expect(mutant.caughtBy).toContain(found.caughtBy);
  },
);
