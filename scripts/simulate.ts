// Simulates the runtime's tree for a night: `npm run simulate -- --seeds 1000000 --from 1`. Prints what it reached, or the seed that failed.
import { parseArgs } from "node:util";
import { SimulationError, simulateMany } from "../packages/runtime/src/testing/index.ts";
import { marksHit } from "../packages/runtime/test/simulation/whole/marks.ts";
import { wholeTree } from "../packages/runtime/test/simulation/whole/scenario.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "1000000" }, from: { type: "string", default: "1" } },
});
const [count, from] = [wholeNumber("seeds", values.seeds), wholeNumber("from", values.from)];
const began = performance.now();
const rate = (done: number): string => `${Math.round((done * 1_000) / (performance.now() - began))}/s`;

try {
  const summary = await simulateMany({
    from,
    count,
    scenario: wholeTree,
    // So few seeds reach what is rare by luck alone.
    marks: marksHit(Math.floor(count / 200)),
    onSchedule: ({ seed }) => {
      const done = seed - from + 1;
      if (done % 10_000 === 0) console.error(`${done} of ${count} schedules, ${rate(done)}`);
    },
  });
  console.log(JSON.stringify({ from, ...summary, rate: rate(count) }));
} catch (error) {
  if (!(error instanceof SimulationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`--${name} is a whole number from 1, not ${JSON.stringify(text)}`);
  process.exit(2);
}
