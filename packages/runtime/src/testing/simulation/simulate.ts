import { microtasksDrained } from "../../clock.ts";
import { describeError } from "../../errors.ts";
import type { Fault } from "./faults.ts";
import { SimulationError, type SimulationErrorCode } from "./simulation-error.ts";
import { World } from "./world.ts";

/** A program and what is expected of it. The simulation ends as its promise does; make it anew each time. */
export type Scenario = (world: World) => unknown;

/** The limits of one simulation, and which faults may happen in it. */
export interface SimulateOptions {
  /** The only faults that may happen, by id; what a failing seed prints. Default: all that the seed gives. */
  readonly faults?: readonly string[];
  /** Virtual time the scenario may take. Default 1 h. */
  readonly limitMs?: number;
  /** Events the scenario may take: a program that spins without moving time ends by it. Default 100,000. */
  readonly maxEvents?: number;
  /** How many of the last lines of the trace an error tells. Default 20. */
  readonly lines?: number;
}

/** A simulation that went well. */
export interface SimulationReport {
  readonly seed: number;
  /** The same for the same seed and scenario, or something came in that is not simulated. */
  readonly hash: string;
  readonly events: number;
  /** Virtual time it took. */
  readonly elapsedMs: number;
  readonly faults: readonly Fault[];
  readonly marks: ReadonlyMap<string, number>;
  readonly lines: readonly string[];
}

/**
 * Runs a scenario in a world drawn from `seed`, as fast as it goes, asking every invariant after every event.
 * Rejects with a `SimulationError` whose message replays it. One at a time if the scenario sets failpoints.
 */
export async function simulate(
  seed: number,
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  const { limitMs = 3_600_000, maxEvents = 100_000, lines = 20 } = options;
  using world = new World(seed, { only: options.faults && new Set(options.faults), keep: lines });
  const { clock, faults, trace } = world;
  let events = 0;
  let end: { readonly error?: unknown } | undefined;
  const failed = (code: SimulationErrorCode, what: string, invariant?: string, cause?: unknown): never => {
    const details = { seed, atMs: clock.monotonic(), events, faults: faults.happened.map(({ id }) => id) };
    const told = { ...details, trace: trace.lines, ...(invariant !== undefined && { invariant }) };
    throw new SimulationError(code, what, told, cause);
  };

  (async () => scenario(world))().then(
    () => {
      end = {};
    },
    (error: unknown) => {
      end = { error };
    },
  );
  await microtasksDrained();
  let event: number | undefined = 0;
  for (;;) {
    const violation = world.check(event);
    if (violation)
      failed("INVARIANT_BROKEN", `${violation.invariant}: ${violation.what}`, violation.invariant);
    if (end) break;
    if (clock.monotonic() > limitMs) failed("OUT_OF_TIME", `the scenario did not end within ${limitMs} ms`);
    if (events >= maxEvents) failed("OUT_OF_TIME", `the scenario did not end within ${maxEvents} events`);
    try {
      event = await clock.step();
    } catch (error) {
      end = { error };
      break;
    }
    if (event === undefined) {
      failed("SCENARIO_HUNG", "the scenario waits for what never comes: nothing is left that could happen");
      break;
    }
    events++;
  }
  if (end && "error" in end) failed("SCENARIO_FAILED", describeError(end.error), undefined, end.error);
  return {
    seed,
    hash: trace.hash,
    events,
    elapsedMs: clock.monotonic(),
    faults: faults.happened,
    marks: world.marks,
    lines: trace.lines,
  };
}
