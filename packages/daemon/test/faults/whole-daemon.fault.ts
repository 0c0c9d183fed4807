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
}, async () => {
  // Two processes, for a machine of two processors; each of them hits every mark in half as many.
  const seeds = schedules / 2;
  const halves = await Promise.all([1, seeds + 1].map((from) => runHunt(daemon, { seeds, from, marks: 50 })));
  for (const [half, { perSecond, marks }] of halves.entries()) {
    const from = half * seeds + 1;
    console.log(
      `I1 to I14: seeds ${from} to ${from + seeds - 1}, each replayed by npm run simulate:daemon -- --seeds 1 --from SEED: ${perSecond} schedules a second of one core; ${JSON.stringify(marks)}`,
    );
  }
  expect(halves.map(({ what }) => what)).toEqual([undefined, undefined]);
  for (const half of halves) expect(half).toMatchObject({ schedules: seeds, replayed: seeds / 100 });
});

test("a copy of the daemon without a mutant is found to be without a fault", async () => {
  expect(await runHunt(mutated("none"), { seeds: 300 })).toMatchObject({ schedules: 300 });
});

test.concurrent.each(mutants.map((mutant, index) => ({ ...mutant, index })))(
  "the simulation catches: $what",
  { timeout: 600_000 },
  async ({ index, ...mutant }) => {
    const copy = mutated(`mutant-${index}`, mutant);
    const found = await runHunt(copy, { seeds: mutantSchedules, "replay-every": 50 });
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
