import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "@holdfast/runtime";
import { setFailpoints } from "@holdfast/runtime/failpoints";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppLog } from "../../src/logs/app-log.ts";
import { type HolePuncher, PerlPuncher } from "../../src/logs/hole-puncher.ts";
import { cutOf } from "../../src/logs/retention.ts";
import { appendTime, readTimes, trimTimes } from "../../src/logs/time-index.ts";

const kib = 1024;
const maxBytes = 128 * kib;
let directory = "";
let puncher: PerlPuncher;
const opened: AppLog[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-retention-"));
  puncher = new PerlPuncher(systemClock);
});
afterEach(async () => {
  // Its answers come in order: whatever was asked for is done.
  await puncher.punch(join(directory, "nothing"), 1);
  for (const log of opened.splice(0)) log.close();
  puncher.close();
  rmSync(directory, { recursive: true });
});

interface LogOptions {
  readonly puncher?: HolePuncher;
  readonly maxAgeMs?: number;
  readonly clock?: Clock;
}

function openLog(over: LogOptions = {}): AppLog {
  const { maxAgeMs, clock = systemClock } = over;
  const retention = { maxBytes, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) };
  const log = new AppLog(join(directory, "1.log"), clock, {
    puncher: over.puncher ?? puncher,
    retention,
  });
  log.open();
  opened.push(log);
  return log;
}

async function until(isSo: () => boolean): Promise<void> {
  for (const limit = performance.now() + 15_000; !isSo(); ) {
    if (performance.now() > limit) throw new Error("not so after 15 s");
    await systemClock.sleep(5);
  }
}

/** 100 bytes a line. */
const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `${`line ${from + index} `.padEnd(99, "x")}\n`).join("");

/** All that can be read, and that no line of it is half a line, out of order or missing. */
function numbersOf(log: AppLog): readonly number[] {
  const found: number[] = [];
  for (let offset = 0; ; ) {
    const read = log.read(offset);
    for (const { text, offset: at } of read.lines) {
      expect(text).toMatch(/^line \d+ x+$/);
      expect(text).toHaveLength(99);
      found.push(Number(text.split(" ")[1]));
      expect(at).toBe((found.at(-1) ?? 0) * 100);
    }
    if (read.lines.length === 0) break;
    offset = read.next;
  }
  for (const [index, number] of found.entries()) expect(number).toBe((found[0] ?? 0) + index);
  return found;
}

const onDisk = (path: string): number => statSync(path).blocks * 512;

test("a log that outgrows its bound loses its oldest lines, whole, and offsets stay what they were", async () => {
  const log = openLog();
  for (let from = 0; from < 40_000; from += 500) {
    appendFileSync(log.path, lines(from, 500));
    log.read(0);
    await systemClock.sleep(2);
  }
  await until(() => log.size - log.firstOffset <= maxBytes + 64 * kib);
  const kept = numbersOf(log);
  expect(kept.at(-1)).toBe(39_999);
  expect(kept.length).toBeGreaterThanOrEqual(Math.floor(maxBytes / 100) - 1);
  expect(log.size).toBe(4_000_000);
  await until(() => onDisk(log.path) < maxBytes + 80 * kib);
});

test("readers that come late begin with the first line that is kept", async () => {
  const log = openLog();
  appendFileSync(log.path, lines(0, 5_000));
  log.read(0);
  await until(() => log.firstOffset > 0);
  expect(log.read(0).lines[0]?.offset).toBe(log.firstOffset);
  expect((await log.rangeOf({})).offset).toBe(log.firstOffset);
  expect((await log.rangeOf({ lines: 1_000_000 })).offset).toBe(log.firstOffset);
  expect((await log.rangeOf({ lines: 1 })).offset).toBe(499_900);
});

test("what is too old goes, however little it is", async () => {
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  const log = openLog({ maxAgeMs: 3_600_000, clock });
  appendFileSync(log.path, lines(0, 10));
  log.read(0);
  aheadMs = 3_700_000;
  appendFileSync(log.path, lines(10, 10));
  log.read(0);
  log.trim();
  await until(() => log.firstOffset > 0);
  expect(numbersOf(log)).toEqual(Array.from({ length: 10 }, (_, index) => index + 10));
});

test("an app that writes no newline is bounded too", async () => {
  const log = openLog();
  for (let round = 0; round < 20; round++) {
    appendFileSync(log.path, "y".repeat(100_000));
    log.read(0);
    await systemClock.sleep(5);
  }
  await until(() => onDisk(log.path) < maxBytes + 80 * kib);
  expect(log.size - log.firstOffset).toBeGreaterThanOrEqual(maxBytes);
});

test("what it grows by during a cut, and no more after that, is cut too", async () => {
  const cuts: { readonly length: number; readonly done: () => void }[] = [];
  const slow: HolePuncher = {
    punch: (_, length) => new Promise((resolve) => cuts.push({ length, done: () => resolve(undefined) })),
    close: () => undefined,
  };
  const log = openLog({ puncher: slow });
  appendFileSync(log.path, lines(0, 4_000));
  log.read(0);
  await until(() => cuts.length === 1);
  appendFileSync(log.path, lines(4_000, 4_000));
  log.read(0);
  expect(cuts).toHaveLength(1);
  cuts[0]?.done();
  await until(() => cuts.length === 2);
  expect(cuts[1]?.length).toBeGreaterThanOrEqual(800_000 - maxBytes);
  cuts[1]?.done();
  await systemClock.sleep(0);
  expect(cuts).toHaveLength(2);
});

test.each(["log.cut", "log.head", "log.punched"])(
  "killed at %s, no line within the bound is lost, and the next daemon goes on",
  async (point) => {
    const first = openLog();
    const dead = Promise.withResolvers<void>();
    const points = setFailpoints(`${point}:kill`, {
      clock: systemClock,
      kill: () => {
        dead.resolve();
        // Whoever is dead goes no further.
        throw new Error("killed");
      },
    });
    appendFileSync(first.path, lines(0, 5_000));
    first.read(0);
    await dead.promise;
    first.close();
    points[Symbol.dispose]();
    appendFileSync(first.path, lines(5_000, 3_000));
    const next = openLog();
    const kept = numbersOf(next);
    expect(kept.at(-1)).toBe(7_999);
    expect(kept.length).toBeGreaterThanOrEqual(Math.floor(maxBytes / 100) - 1);
    await until(() => onDisk(next.path) < maxBytes + 80 * kib);
    expect(numbersOf(next).at(-1)).toBe(7_999);
  },
);

test("a hole that nobody wrote down is not read as text", () => {
  const path = join(directory, "1.log");
  writeFileSync(path, lines(0, 100));
  execFileSync("fallocate", ["-p", "-o", "0", "-l", "5000", path]);
  const log = openLog();
  expect(log.firstOffset).toBe(5_000);
  expect(numbersOf(log)[0]).toBe(50);
});

test("a log that somebody empties begins anew", async () => {
  const log = openLog();
  appendFileSync(log.path, lines(0, 5_000));
  log.read(0);
  await until(() => log.firstOffset > 0);
  await puncher.punch(join(directory, "nothing"), 1);
  writeFileSync(log.path, "");
  log.read(0);
  appendFileSync(log.path, lines(0, 3));
  expect(numbersOf(log)).toEqual([0, 1, 2]);
});

test("where the file system makes no holes, all is kept and it is told once", async () => {
  let asked = 0;
  const log = openLog({
    puncher: {
      punch: async () => {
        asked++;
        return "Operation not supported";
      },
      close: () => {},
    },
  });
  for (const from of [0, 5_000]) {
    appendFileSync(log.path, lines(from, 5_000));
    log.read(0);
    await systemClock.sleep(30);
  }
  expect([asked, log.firstOffset, numbersOf(log).length]).toEqual([1, 0, 10_000]);
});

test("the hole puncher says why it could not", async () => {
  expect(await puncher.punch(join(directory, "nothing"), 10)).toBe("No such file or directory");
  expect(await puncher.punch("/proc/version", 10)).toMatch(
    /not permitted|denied|Read-only|not supported|Input/,
  );
  const name = join(directory, "a b\nc");
  writeFileSync(name, "x".repeat(8_192));
  expect(await puncher.punch(name, 4_096)).toBeUndefined();
  expect(readFileSync(name).subarray(4_090, 4_100).toString()).toBe("\0\0\0\0\0\0xxxx");
});

test.each([
  { first: 0, size: 1_000_000, young: 0, to: 0 },
  { first: 0, size: 1_130_000, young: 0, to: 130_000 },
  { first: 130_000, size: 1_200_000, young: 0, to: 130_000 },
  { first: 0, size: 500, young: 200, to: 200 },
  { first: 300, size: 500, young: 200, to: 300 },
])("a log of $size bytes from $first on, young from $young on, is cut at $to", ({ to, ...extent }) => {
  expect(cutOf(extent, { maxBytes: 1_000_000 })).toBe(to);
});

test("the index of times keeps to what is kept, and is less exact for older lines when there is too much of it", () => {
  const path = join(directory, "times");
  for (let at = 1; at <= 1_000; at++) appendTime(path, at * 10, at * 100);
  trimTimes(path, 49_950, 1_000_000);
  expect(readTimes(path, 0, (index) => [index.count, ...index.timesAt([49_950, 99_999, 100_000])])).toEqual([
    501, 5_000, 10_000, 0,
  ]);
  trimTimes(path, 0, 400);
  const { count, times, offset } = readTimes(path, 0, (index) => ({
    count: index.count,
    times: index.timesAt([60_010, 60_110, 99_810, 99_910]),
    offset: index.offsetAt(6_000),
  }));
  expect(count).toBeLessThan(400);
  // Of two neighbours one is left, which makes a line seem younger by one entry at most.
  for (const [at, exact] of [6_010, 6_020].entries())
    expect((times[at] ?? 0) - exact).toBeLessThanOrEqual(10);
  expect(times.slice(2)).toEqual([9_990, 10_000]);
  expect(offset).toBeLessThanOrEqual(60_000);
});

test("the hole puncher's process ends when nothing is asked of it", async () => {
  const clock = new VirtualClock();
  const idle = new PerlPuncher(clock);
  await idle.punch(join(directory, "nothing"), 1);
  const isThere = (): boolean =>
    execFileSync("ps", ["-o", "args=", "--ppid", `${process.pid}`], { encoding: "utf8" }).includes("$number");
  expect(isThere()).toBe(true);
  await clock.advance(10_001);
  await until(() => !isThere());
});
