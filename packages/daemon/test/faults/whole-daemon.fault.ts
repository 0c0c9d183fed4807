import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runHunt } from "../simulation/run-hunt.ts";
import { type Mutant, mutants } from "../simulation/whole/mutants.ts";

const schedules = 20_000;
/** Within so many each mutant must be caught. */
const mutantSchedules = 4_000;

const daemon = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "holdfast-daemon-mutants-"));
symlinkSync(join(daemon, "../../node_modules"), join(folder, "node_modules"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`the whole daemon keeps I1 to I14 through ${schedules} schedules, each mark hit in 100`, {
  timeout: 900_000,
}, () => {
  const found = runHunt(daemon, { seeds: schedules, marks: 100 });
  console.log(
    `I1 to I13: seeds 1 to ${schedules}, each replayed by npm run simulate:daemon -- --seeds 1 --from SEED: ${found.perSecond} schedules a second of one core; ${JSON.stringify(found.marks)}`,
  );
  expect(found.what).toBeUndefined();
  expect(found).toMatchObject({ schedules, replayed: schedules / 100 });
});

test("a copy of the daemon without a mutant is found to be without a fault", () => {
  expect(runHunt(mutated("none"), { seeds: 300 })).toMatchObject({ schedules: 300 });
});

test.each(mutants.map((mutant, index) => ({ ...mutant, index })))(
  "the simulation catches: $what",
  { timeout: 300_000 },
  ({ index, ...mutant }) => {
    const found = runHunt(mutated(`mutant-${index}`, mutant), { seeds: mutantSchedules, "replay-every": 50 });
    console.log(`${mutant.what}: seed ${found.seed}, ${found.caughtBy}: ${found.what?.split("\n")[0]}`);
    expect(mutant.caughtBy).toContain(found.caughtBy);
  },
);

/** The sources and the scenario beside each other, with the mutant in place. */
function mutated(name: string, mutant?: Mutant): string {
  const copy = join(folder, name);
  for (const part of ["src", "test/simulation/whole", "test/fakes", "package.json"]) {
    cpSync(join(daemon, part), join(copy, part), { recursive: true });
  }
  if (mutant) {
    const path = join(copy, "src", mutant.file);
    const parts = readFileSync(path, "utf8").split(mutant.from);
    expect(parts, `${mutant.file} has this text once: ${mutant.from}`).toHaveLength(2);
    writeFileSync(path, parts.join(mutant.to));
  }
  return copy;
}
