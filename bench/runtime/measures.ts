import type { Body, Contender } from "./contender.ts";

/** One measurement of one contender: figures by name, in the unit that the name ends with. */
export type Figures = Readonly<Record<string, number>>;
export type Measure = (contender: Contender) => Promise<Figures | undefined>;

const many = 100_000;

/** Every measurement runs in a process of its own, with `gc`, and throws when a contender did not do its work. */
export const measures = {
  "one by one, bare bodies": (contender) => oneByOne(contender, "bare"),
  "one by one, async bodies": (contender) => oneByOne(contender, "async"),
  "crowd, bare bodies": (contender) => crowd(contender, "bare"),
  "crowd, async bodies": (contender) => crowd(contender, "async"),
  "beside 1,000": (contender) => beside(contender, 1_000),
  "beside 10,000": (contender) => beside(contender, 10_000),
  "beside 100,000": (contender) => beside(contender, many),
  "finished children": finished,
  snapshot,
  "supervisor of 1,000": (contender) => supervisor(contender, 1_000),
  "supervisor of 10,000": (contender) => supervisor(contender, 10_000),
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof measures;

async function oneByOne({ oneByOne: run }: Contender, body: Body): Promise<Figures | undefined> {
  if (run === undefined) return undefined;
  return {
    "each-ns": await nanosecondsEach(async (count) =>
      mustBe((count * (count - 1)) / 2, await run(count, body)),
    ),
  };
}

/** Of `run`, which does something `count` times: the median of 7 batches of at least 100 ms. */
async function nanosecondsEach(run: (count: number) => Promise<void>): Promise<number> {
  const timed = async (count: number) => {
    heap();
    const begun = now();
    await run(count);
    return now() - begun;
  };
  let count = 500;
  while ((await timed(count)) < 100) count *= 2;
  const took: number[] = [];
  for (let batch = 0; batch < 7; batch++) took.push(await timed(count));
  return (median(took) / count) * 1e6;
}

async function crowd(contender: Contender, body: Body): Promise<Figures | undefined> {
  if (contender.crowd === undefined) return undefined;
  const count = Math.min(many, contender.most ?? many);
  await warmUp(contender, body);
  const before = heap();
  const made = now();
  const all = contender.crowd(body);
  await all.spawn(count);
  const createMs = now() - made;
  const held = heap() - before;
  const cancelled = now();
  mustBe(count, await all.cancelAll());
  const cancelMs = now() - cancelled;
  return { "create-ms": createMs, "heap-B": held / count, "cancel-ms": cancelMs, count };
}

/** One task after the other starts and ends beside `live` that stay. */
async function beside(contender: Contender, live: number): Promise<Figures | undefined> {
  if (contender.crowd === undefined || live > (contender.most ?? many)) return undefined;
  const all = contender.crowd("async");
  await all.spawn(live);
  const took = await nanosecondsEach(async (count) => mustBe(count, await all.listenAndLeave(count)));
  mustBe(live, await all.cancelAll());
  return { "each-ns": took };
}

async function finished(contender: Contender): Promise<Figures | undefined> {
  const all = contender.crowd?.("async");
  if (all === undefined) return undefined;
  mustBe(10_000, await all.listenAndLeave(10_000));
  const before = heap();
  mustBe(many, await all.listenAndLeave(many));
  const held = heap() - before;
  // The owner lives until here, with all that it holds.
  mustBe(0, await all.cancelAll());
  return { "each-B": held / many };
}

/** The median of seven. */
async function snapshot(contender: Contender): Promise<Figures | undefined> {
  const all = contender.crowd?.("bare");
  if (all?.snapshot === undefined) return undefined;
  await all.spawn(many);
  const took: number[] = [];
  for (let time = 0; time < 7; time++) {
    heap();
    const begun = now();
    mustBe(many, all.snapshot().length);
    took.push(now() - begun);
  }
  mustBe(many, await all.cancelAll());
  return { ms: median(took) };
}

/** Starting and stopping a supervisor: the median of seven, after one. */
async function supervisor({ supervise }: Contender, count: number): Promise<Figures | undefined> {
  if (supervise === undefined) return undefined;
  mustBe(count, await supervise(count));
  const took: number[] = [];
  for (let time = 0; time < 7; time++) {
    heap();
    const begun = now();
    mustBe(count, await supervise(count));
    took.push(now() - begun);
  }
  return { ms: median(took) };
}

async function warmUp(contender: Contender, body: Body): Promise<void> {
  for (let time = 0; time < 3; time++) {
    const all = contender.crowd?.(body);
    await all?.spawn(5_000);
    mustBe(5_000, await all?.cancelAll());
  }
}

/** The time that this thread has worked, which other programs do not stretch; or, on demand, the time that has passed. */
function now(): number {
  if (process.env["BENCH_CLOCK"] === "wall") return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function mustBe(expected: number, found: number | undefined): void {
  if (found !== expected) throw new Error(`did ${found} of ${expected}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
