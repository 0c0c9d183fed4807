/**
 * Simulates the whole daemon, seed after seed, each in a process that nothing else shares: prints one line of JSON for
 * what all came to, or for the first seed that fails. The last line on stderr replays that one.
 *
 *     node hunt.ts --seeds 1000 --from 1 [--marks 100] [--replay-every 100]
 */
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { SimulationError, simulateMany } from "@holdfast/runtime/testing";
import { isKilled } from "./daemon-program.ts";
import { marksHit } from "./marks.ts";
import { wholeDaemon } from "./scenario.ts";

/** What was found: the first seed that fails, or figures. */
export interface Found {
  readonly schedules?: number;
  readonly perSecond?: number;
  readonly replayed?: number;
  readonly marks?: Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly caughtBy?: string;
  readonly what?: string;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    marks: { type: "string", default: "0" },
    "replay-every": { type: "string", default: "100" },
  },
});

// Where a killed daemon throws, nobody is left to catch it.
process.on("unhandledRejection", (error) => {
  if (isKilled(error)) return;
  console.error(error);
  process.exit(2);
});

async function hunt(): Promise<Found> {
  const count = Number(values.seeds);
  const before = cpuUsage();
  const summary = await simulateMany({
    scenario: wholeDaemon,
    count,
    from: Number(values.from),
    marks: marksHit(Number(values.marks)),
    replayEvery: Number(values["replay-every"]),
    lines: 60,
  });
  const { user, system } = cpuUsage(before);
  return { ...summary, perSecond: Math.round((count * 1e6) / (user + system)) };
}

try {
  console.log(JSON.stringify(await hunt()));
} catch (error) {
  if (!(error instanceof SimulationError)) throw error;
  const { seed, invariant = error.code } = error.details;
  // Of those with a name of their own, the number alone.
  const [caughtBy = invariant] = invariant.match(/\bI\d+\b/) ?? [];
  console.error(error.message);
  console.error(`npm run simulate:daemon -- --seeds 1 --from ${seed}`);
  console.log(JSON.stringify({ seed, caughtBy, what: error.what } satisfies Found));
  process.exitCode = 1;
}
