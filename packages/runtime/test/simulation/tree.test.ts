import { cpuUsage } from "node:process";
import { expect, test } from "vitest";
import { expectDeterminism, simulateMany } from "../../src/testing/index.ts";
import { marksHit } from "./whole/marks.ts";
import { wholeTree } from "./whole/scenario.ts";

const schedules = 20_000;

test(`A-08 a tree with operations and stops keeps I1 to I13 through ${schedules} schedules, each mark hit in 100`, async () => {
  const before = cpuUsage();
  const summary = await simulateMany({ count: schedules, scenario: wholeTree, marks: marksHit(100) });
  const { user, system } = cpuUsage(before);
  const perSecond = Math.round((schedules * 1e6) / (user + system));
  console.log(`${perSecond} schedules a second of one core; ${JSON.stringify(summary)}`);
  expect(summary.replayed).toBe(schedules / 100);
}, 600_000);

test("I13 seeds far apart replay with the same hash too, and each has its own", async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed < 2 ** 50; seed *= 3) hashes.add((await expectDeterminism(seed, wholeTree)).hash);
  expect(hashes.size).toBe(32);
});
