/** Run with a folder that holds `src` and `test` of a mutated runtime, and a number of schedules: prints what was found, as JSON. */
import type { Scenario } from "../../../src/testing/index.ts";

/** The first seed that fails, and how; `what` is absent when none does. */
export interface Found {
  readonly seed: number;
  readonly caughtBy?: string;
  readonly what?: string;
}

type Testing = typeof import("../../../src/testing/index.ts");

async function hunt(folder: string, schedules: number): Promise<Found> {
  const testing = (await import(`${folder}/src/testing/index.ts`)) as Testing;
  const { wholeTree } = (await import(`${folder}/test/simulation/whole/scenario.ts`)) as {
    wholeTree: Scenario;
  };
  for (let seed = 1; seed <= schedules; seed++) {
    try {
      await testing.simulate(seed, wholeTree);
      if (seed % 10 === 0) await testing.expectDeterminism(seed, wholeTree);
    } catch (error) {
      if (!(error instanceof testing.SimulationError)) throw error;
      // Those that are asked together name theirs in the complaint.
      const [caughtBy = error.code] = error.what.match(/\bI\d+\b/) ?? [];
      return { seed, caughtBy: error.code === "INVARIANT_BROKEN" ? caughtBy : error.code, what: error.what };
    }
  }
  return { seed: schedules };
}

const [folder = "", schedules = "0"] = process.argv.slice(2);
console.log(JSON.stringify(await hunt(folder, Number(schedules))));
