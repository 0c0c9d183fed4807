import { shrink } from "./shrink.ts";
import { type Scenario, type SimulateOptions, type SimulationReport, simulate } from "./simulate.ts";
import { SimulationError } from "./simulation-error.ts";

/** Which seeds, of what, and what they must have reached. */
export interface SimulateManyOptions extends Omit<SimulateOptions, "faults"> {
  /** The first seed. Default 1. */
  readonly from?: number;
  /** How many seeds, one after the other. */
  readonly count: number;
  readonly scenario: Scenario;
  /** In how many schedules each mark must be hit. One that is not there need not be. */
  readonly marks?: Readonly<Record<string, number>>;
  /** Every so-manieth seed is run twice, and its traces are compared. Default 100; 0: none. */
  readonly replayEvery?: number;
  /** Told about each schedule. */
  readonly onSchedule?: (report: SimulationReport) => void;
}

/** What many simulations came to. */
export interface SimulationSummary {
  readonly schedules: number;
  readonly events: number;
  /** Virtual time over all. */
  readonly elapsedMs: number;
  readonly faults: number;
  readonly replayed: number;
  /** In how many schedules each mark was hit. */
  readonly marks: Readonly<Record<string, number>>;
}

/**
 * Simulates seed after seed. Rejects with the `SimulationError` of the first that fails, shrunk to the faults it
 * takes; with `NOT_DETERMINISTIC` when a seed gives two traces; at the end with `MARK_MISSED`.
 */
export async function simulateMany(options: SimulateManyOptions): Promise<SimulationSummary> {
  const { from = 1, count, scenario, replayEvery = 100, onSchedule } = options;
  const marks = new Map<string, number>();
  const sum = { schedules: 0, events: 0, elapsedMs: 0, faults: 0, replayed: 0 };
  for (let seed = from; seed < from + count; seed++) {
    const report = await shrunk(seed, scenario, options);
    sum.schedules++;
    sum.events += report.events;
    sum.elapsedMs += report.elapsedMs;
    sum.faults += report.faults.length;
    for (const name of report.marks.keys()) marks.set(name, (marks.get(name) ?? 0) + 1);
    if (replayEvery > 0 && (seed - from) % replayEvery === 0) {
      sum.replayed++;
      await expectReplay(report, scenario, options);
    }
    onSchedule?.(report);
  }
  expectMarks(marks, options);
  return { ...sum, marks: Object.fromEntries([...marks].sort()) };
}

/** Runs a seed twice; rejects with `NOT_DETERMINISTIC`, and where the traces part, unless both are the same. */
export async function expectDeterminism(
  seed: number,
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  const report = await simulate(seed, scenario, options);
  await expectReplay(report, scenario, options);
  return report;
}

async function shrunk(
  seed: number,
  scenario: Scenario,
  options: SimulateManyOptions,
): Promise<SimulationReport> {
  const { limitMs, maxEvents, lines } = options;
  const each: SimulateOptions = {
    ...(limitMs !== undefined && { limitMs }),
    ...(maxEvents !== undefined && { maxEvents }),
    ...(lines !== undefined && { lines }),
  };
  try {
    return await simulate(seed, scenario, each);
  } catch (error) {
    if (error instanceof SimulationError) throw await shrink(error, scenario, each);
    throw error;
  }
}

async function expectReplay(
  report: SimulationReport,
  scenario: Scenario,
  options: SimulateOptions,
): Promise<void> {
  const { seed, hash, events, elapsedMs: atMs } = report;
  if ((await simulate(seed, scenario, options)).hash === hash) return;
  const kept = { ...options, lines: 1_000_000 };
  const [one, two] = [await simulate(seed, scenario, kept), await simulate(seed, scenario, kept)];
  const at = one.lines.findIndex((line, index) => line !== two.lines[index]);
  const where =
    at < 0
      ? "the lines of both traces are the same, their timers or draws are not"
      : `line ${at + 1} is once ${JSON.stringify(one.lines[at])} and once ${JSON.stringify(two.lines[at])}`;
  throw new SimulationError("NOT_DETERMINISTIC", `the same seed gave two traces: ${where}`, {
    seed,
    atMs,
    events,
    faults: report.faults.map(({ id }) => id),
    trace: [],
  });
}

function expectMarks(marks: ReadonlyMap<string, number>, options: SimulateManyOptions): void {
  const { from = 1, count } = options;
  const missed = Object.entries(options.marks ?? {}).flatMap(([name, wanted]) => {
    const hit = marks.get(name) ?? 0;
    return hit < wanted ? [`"${name}" in ${hit} of ${wanted}`] : [];
  });
  if (missed.length === 0) return;
  throw new SimulationError("MARK_MISSED", `${count} schedules hit too seldom: ${missed.join(", ")}`, {
    seed: from,
    atMs: 0,
    events: 0,
    faults: [],
    trace: [],
  });
}
