import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppLog } from "../../src/logs/app-log.ts";
import { watchLine } from "../../src/logs/line-watch.ts";
import { blockBytes } from "../../src/logs/lines.ts";
import { readTimes, trimTimes } from "../../src/logs/time-index.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-floods-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const mebibyte = 1024 * 1024;
const path = (): string => join(directory, "1.log");
/** So many bytes of lines. */
const lines = (bytes: number): string => `${"x".repeat(99)}\n`.repeat(Math.ceil(bytes / 100));
/** How much of the event loop a call takes for itself, in milliseconds of a processor. */
const cpuMs = (work: () => void): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
};

test("a ready line behind a flood is found, and others have their turn before it", async () => {
  writeFileSync(path(), `${lines(24 * mebibyte)}server is ready\n`);
  const log = new AppLog(path(), systemClock);
  let turns = 0;
  const counter = setInterval(() => turns++, 0);
  const watch = watchLine(log, { offset: 0, text: "is ready", token: new ShutdownToken() });
  await watch.seen;
  clearInterval(counter);
  expect(turns).toBeGreaterThan(0);
  expect(watch.look()).toBe(true);
});

test("a look finds what is there, however much is before it", () => {
  writeFileSync(path(), `${lines(24 * mebibyte)}server is ready\n`);
  const token = new ShutdownToken();
  const watch = watchLine(new AppLog(path(), systemClock), { offset: 0, text: "is ready", token });
  expect(watch.look()).toBe(true);
});

test("a ready line that lies across two blocks is found once, and nobody looks after the end of the run", async () => {
  const token = new ShutdownToken();
  for (const before of [blockBytes - 9, blockBytes - 1, blockBytes]) {
    writeFileSync(path(), `${"y".repeat(before)}is ready`);
    const onSeen = vi.fn();
    const watch = watchLine(new AppLog(path(), systemClock), { offset: 0, text: "is ready", token, onSeen });
    await watch.seen;
    expect(watch.look()).toBe(true);
    expect(onSeen).toHaveBeenCalledOnce();
  }
  writeFileSync(path(), lines(24 * mebibyte));
  watchLine(new AppLog(path(), systemClock), { offset: 0, text: "is ready", token });
  token.cancel({ kind: "requested-by-run" });
});

test("the copy of a flood is whole, though nothing is written after it, and made a piece at a time", async () => {
  const copy = join(directory, "copy.log");
  const log = new AppLog(path(), systemClock);
  log.prepare();
  log.copyTo({ path: copy });
  writeFileSync(path(), lines(9 * mebibyte));
  log.open();
  expect(statSync(copy).size).toBeLessThan(3 * mebibyte);
  await vi.waitUntil(() => statSync(copy).size === statSync(path()).size, 10_000);
  log.close();
  expect(readFileSync(copy).equals(readFileSync(path()))).toBe(true);
});

test("a copy that is behind when the daemon ends is whole before it has ended", () => {
  const copy = join(directory, "copy.log");
  const log = new AppLog(path(), systemClock);
  log.prepare();
  log.copyTo({ path: copy });
  writeFileSync(path(), lines(5 * mebibyte));
  log.open();
  log.close();
  expect(statSync(copy).size).toBe(statSync(path()).size);
});

test("an index of the times of two hours is cut without keeping others waiting", () => {
  const times = join(directory, "times");
  const count = 360_000;
  const entries = new Float64Array(count * 2).map((_, at) => Math.floor(at / 2) * (at % 2 === 0 ? 20 : 100));
  writeFileSync(times, new Uint8Array(entries.buffer));
  const took = cpuMs(() => trimTimes(times, 1_000, 262_144));
  expect(readTimes(times, 0, (index) => index.count)).toBeLessThan(262_144);
  expect(readTimes(times, 0, (index) => index.timesAt([35_000_050]))).toEqual([7_000_020]);
  // A hundred objects for each entry, as it once was, would be half a second.
  expect(took).toBeLessThan(100);
});
