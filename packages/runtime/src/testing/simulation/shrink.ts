import { type Scenario, type SimulateOptions, simulate } from "./simulate.ts";
import { SimulationError } from "./simulation-error.ts";

/** A list is not shrunk for ever: after so many runs the best one so far is taken. */
const mostRuns = 1_000;

/**
 * The failure of a scenario with as few faults as it still fails with, in the same way: delta debugging of the
 * list. Leaving out any one fault of the result makes it pass, or fail otherwise. Rejects with what `failure` told if
 * the seed does not fail again, which is a sign of something that is not simulated.
 */
export async function shrink(
  failure: SimulationError,
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<SimulationError> {
  const { seed, invariant } = failure.details;
  let runs = 0;
  const failsWith = async (faults: readonly string[]): Promise<SimulationError | undefined> => {
    if (++runs > mostRuns) return undefined;
    try {
      await simulate(seed, scenario, { ...options, faults });
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      const alike = error.code === failure.code && error.details.invariant === invariant;
      return alike ? error : undefined;
    }
    return undefined;
  };

  const again = await failsWith(failure.details.faults);
  if (!again) {
    throw new SimulationError(
      "NOT_DETERMINISTIC",
      `fails, but not a second time: ${failure.what}`,
      failure.details,
      failure,
    );
  }
  let best = again;
  for (let parts = 1; best.details.faults.length > 0; ) {
    const smaller = await firstThatFails(leftOut(best.details.faults, parts), failsWith);
    if (smaller) {
      best = smaller;
      parts = Math.max(1, parts - 1);
    } else if (parts < best.details.faults.length) {
      parts = Math.min(best.details.faults.length, parts * 2);
    } else {
      break;
    }
  }
  return best;
}

/** The list without each of its `parts` parts in turn. */
function leftOut(faults: readonly string[], parts: number): string[][] {
  const size = Math.ceil(faults.length / parts);
  return Array.from({ length: Math.ceil(faults.length / size) }, (_, part) => [
    ...faults.slice(0, part * size),
    ...faults.slice((part + 1) * size),
  ]);
}

async function firstThatFails<T>(
  lists: readonly string[][],
  failsWith: (faults: readonly string[]) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const list of lists) {
    const failure = await failsWith(list);
    if (failure) return failure;
  }
  return undefined;
}
