// Real churn: `npm run soak -- --minutes 30`. A daemon with 100 apps, of which one is killed every 2 s while clients come
// and go. The last line has the figures; exits 1 when memory or files drift, or anything was lost or doubled.
import { parseArgs } from "node:util";
import { seededRandom } from "@holdfast/runtime";
import { churn } from "./soak/churn.ts";
import { drift, median } from "./soak/drift.ts";

const mostDriftMib = 5;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    "warm-up": { type: "string" },
    apps: { type: "string", default: "100" },
    every: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
  },
});
const minutes = positive("minutes", values.minutes);
// Code is compiled, caches fill: a sixth of the time, as much as 10 min.
const warmUp =
  values["warm-up"] === undefined ? Math.min(minutes / 6, 10) : positive("warm-up", values["warm-up"]);

const found = await churn({
  apps: positive("apps", values.apps),
  durationMs: minutes * 60_000,
  warmUpMs: warmUp * 60_000,
  everyMs: positive("every", values.every),
  random: seededRandom(positive("seed", values.seed)),
  onSample: (told) => console.error(`soak: ${told}`),
});

const driftMib = drift(found.rssMib);
const files = found.files.map(({ value }) => value);
const quarter = Math.ceil(files.length / 4);
const driftFiles = median(files.slice(-quarter)) - median(files.slice(0, quarter));
const faults = [
  ...found.faults,
  ...(driftMib > mostDriftMib ? [`the memory grew by ${driftMib.toFixed(1)} MiB`] : []),
  ...(driftFiles > 0 ? [`${driftFiles} more files are open`] : []),
];
for (const fault of faults.slice(0, 20)) console.error(`soak: ${fault}`);
console.log(
  `soak: ${minutes} min, ${values.apps} apps: ${found.kills} kills, ${found.restarts} restarts; RSS ${median(
    found.rssMib.map(({ value }) => value),
  ).toFixed(
    1,
  )} MiB, drift ${driftMib.toFixed(2)} MiB (at most ${mostDriftMib}) over ${found.rssMib.length} samples; ${median(files)} files, drift ${driftFiles}; ${found.lines} log lines and ${found.events} events, ${faults.length === 0 ? "none lost or doubled" : `${faults.length} faults`}; ${found.clients} clients came and went`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

function positive(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  console.error(`--${name} is a number above 0, not ${JSON.stringify(text)}`);
  process.exit(2);
}
