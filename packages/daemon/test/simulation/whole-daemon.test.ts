import { expect, test } from "vitest";
import { runHunt } from "./run-hunt.ts";

/** As many as half a minute of one core takes; `npm run test:faults` has the rest. */
const schedules = 4_000;

const daemon = new URL("../../", import.meta.url).pathname;

test(`A-01 to A-10: the whole daemon keeps I1 to I14 through ${schedules} schedules`, {
  timeout: 600_000,
}, async () => {
  const found = await runHunt(daemon, { seeds: schedules, marks: 20 });
  console.log(`${found.perSecond} schedules a second of one core`);
  expect(found.what).toBeUndefined();
  expect(found).toMatchObject({ schedules, replayed: schedules / 100 });
});
