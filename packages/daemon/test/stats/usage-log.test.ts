import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import type { Usage } from "../../src/api/contract.ts";
import { type RunningUsage, UsageLog } from "../../src/stats/usage-log.ts";

function rig() {
  const clock = new VirtualClock();
  const running: RunningUsage[] = [];
  const known = new Set<string>();
  const reads: number[] = [];
  const begun = clock.monotonic();
  const log = new UsageLog({
    clock,
    read: () => {
      reads.push(clock.monotonic() - begun);
      return running.map((usage) => ({ ...usage }));
    },
    isKnown: ({ name }) => known.has(name),
  });
  const add = (
    name: string,
    over: Partial<RunningUsage> = {},
  ): { -readonly [K in keyof RunningUsage]: RunningUsage[K] } => {
    const usage = {
      key: { project: "shop", name, instance: 1 },
      cookie: "c1",
      cpuMs: 0,
      memoryBytes: 1_000_000,
      processes: 1,
      ...over,
    };
    running.push(usage);
    known.add(name);
    return usage;
  };
  return { clock, log, add, known, reads, running };
}

test("nobody looks: one sample a minute; somebody follows: each 2 s, and then seldom again", async () => {
  const { clock, log, add, reads } = rig();
  add("web");
  log.begin();
  await clock.advance(120_000);
  expect(reads).toEqual([60_000, 120_000]);
  const leave = log.follow(undefined, () => undefined);
  await clock.advance(6_000);
  expect(reads.slice(2)).toEqual([120_000, 122_000, 124_000, 126_000]);
  leave();
  await clock.advance(60_000);
  expect(reads.slice(6)).toEqual([186_000]);
  log.close();
  expect(clock.pending).toBe(0);
});

test("processors are those since the sample before, of the same run", async () => {
  const { clock, log, add } = rig();
  const web = add("web");
  const seen: (number | null | undefined)[] = [];
  log.begin();
  log.follow(undefined, ([usage]) => seen.push(usage?.cpus));
  await clock.advance(1);
  web.cpuMs = 500;
  await clock.advance(2_000);
  web.cpuMs = 4_500;
  await clock.advance(2_000);
  web.cookie = "c2";
  web.cpuMs = 10;
  await clock.advance(2_000);
  expect(seen).toEqual([null, 0.25, 2, null]);
  log.close();
});

test("a follower hears of what it asked for alone, and history has it too", async () => {
  const { clock, log, add } = rig();
  add("web");
  add("db");
  const heard: Usage[] = [];
  log.begin();
  log.follow([{ project: "shop", name: "db" }], (usages) => heard.push(...usages));
  await clock.advance(2_001);
  expect(heard.map(({ name }) => name)).toEqual(["db", "db"]);
  expect(log.read([{ project: "shop", name: "web" }])).toHaveLength(2);
  expect(log.read([{ project: "shop" }]).map(({ name }) => name)).toEqual(["web", "db", "web", "db"]);
  expect(log.read(undefined, clock.now() - 1_000)).toHaveLength(2);
  log.close();
});

test("ten minutes are kept finely, a day coarsely, and no more than that", async () => {
  const { clock, log, add } = rig();
  add("web");
  log.begin();
  const leave = log.follow(undefined, () => undefined);
  await clock.advance(3_600_000);
  const all = log.read();
  const times = all.map(({ time }) => Date.parse(time));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps.slice(-250).every((gap) => gap === 2_000)).toBe(true);
  expect(gaps.slice(0, 40).every((gap) => gap === 60_000)).toBe(true);
  expect(all.length).toBeLessThan(300 + 60);
  leave();
  await clock.advance(2 * 86_400_000);
  expect(log.read().length).toBeLessThanOrEqual(1_440 + 300);
  expect(Date.parse(log.read()[0]?.time ?? "")).toBeGreaterThanOrEqual(clock.now() - 86_460_000);
  log.close();
});

test("of hundreds of instances the newest samples are given, and not more than a reply can hold", async () => {
  const { clock, log, add } = rig();
  for (let count = 0; count < 500; count++) add(`web${count}`);
  log.begin();
  log.follow(undefined, () => undefined);
  await clock.advance(200_000);
  const all = log.read();
  expect(all).toHaveLength(20_000);
  expect(Date.parse(all.at(-1)?.time ?? "")).toBe(clock.now());
  log.close();
});

test("an app that is gone takes its samples along, one that only stands still keeps them", async () => {
  const { clock, log, add, known, running } = rig();
  add("web");
  add("db");
  log.begin();
  await clock.advance(60_000);
  running.splice(0);
  known.delete("web");
  await clock.advance(60_000);
  expect(log.read().map(({ name }) => name)).toEqual(["db"]);
  log.close();
});
