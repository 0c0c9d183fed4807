import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppLog } from "../../src/logs/app-log.ts";
import { GrowthWatch } from "../../src/logs/growth-watch.ts";
import { watchLine } from "../../src/logs/line-watch.ts";
import { appendTime, readTimes } from "../../src/logs/time-index.ts";

let directory = "";
let log: AppLog;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-log-"));
  log = new AppLog(join(directory, "apps", "1.log"), systemClock);
});
afterEach(() => {
  log.settle();
  rmSync(directory, { recursive: true });
});

const grown = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = log.onGrowth(() => {
      stop();
      resolve();
    });
  });

test("what was written before the watch began is told at once", () => {
  log.prepare();
  writeFileSync(log.path, "early\n");
  const sizes: number[] = [];
  const watch = new GrowthWatch(log.path, 0, systemClock, (size) => sizes.push(size));
  expect(sizes).toEqual([6]);
  watch.close();
});

test("growth wakes the listener, again and again", async () => {
  log.open();
  for (let round = 0; round < 5; round++) {
    const woken = grown();
    appendFileSync(log.path, `line ${round}\n`);
    await woken;
  }
  expect(log.read(0).lines.map((line) => line.text)).toEqual([
    "line 0",
    "line 1",
    "line 2",
    "line 3",
    "line 4",
  ]);
});

test("a line has the time at which it was seen, and since finds it", async () => {
  log.open();
  const before = Date.now();
  const first = grown();
  appendFileSync(log.path, "first\n");
  await first;
  await new Promise((resolve) => setTimeout(resolve, 60));
  const middle = Date.now();
  const second = grown();
  appendFileSync(log.path, "second\n");
  await second;
  const [one, two] = log.read(0).lines;
  expect(one?.time).toBeGreaterThanOrEqual(before);
  expect(one?.time).toBeLessThan(middle);
  expect(two?.time).toBeGreaterThanOrEqual(middle);
  for (const range of [{ since: middle }, { lines: 1 }, { after: one?.offset ?? -1 }]) {
    const { offset } = await log.rangeOf(range);
    expect(log.read(offset).lines.map((line) => line.text)).toEqual(["second"]);
  }
  expect(await log.rangeOf({ until: middle - 1 })).toEqual({ offset: 0, end: 6 });
});

test("what was written while nobody watched is there, and no line is read twice or never", () => {
  log.open();
  appendFileSync(log.path, "watched\n");
  log.settle();
  appendFileSync(log.path, "alone\n");
  const again = new AppLog(log.path, systemClock);
  again.open();
  expect(again.read(0).lines.map((line) => line.text)).toEqual(["watched", "alone"]);
  again.settle();
});

test("an unfinished last line is shown once the app has ended", () => {
  log.open();
  appendFileSync(log.path, "no newline");
  expect(log.read(0).lines).toEqual([]);
  log.settle();
  expect(log.read(0).lines.map((line) => line.text)).toEqual(["no newline"]);
});

test("a torn index entry is left out, and written over by the next one", () => {
  const path = join(directory, "torn");
  appendTime(path, 1_000, 10);
  appendFileSync(path, readFileSync(path).subarray(0, 7));
  expect(readTimes(path, 5, (index) => [index.count, index.timesAt([0, 9, 10])])).toEqual([
    1,
    [1_000, 1_000, 5],
  ]);
  appendTime(path, 2_000, 20);
  expect(readTimes(path, 5, (index) => [index.count, index.timesAt([9, 10, 20])])).toEqual([
    2,
    [1_000, 2_000, 5],
  ]);
});

test("a ready line is seen when it comes, in pieces and before the newline", async () => {
  log.open();
  writeFileSync(log.path, "server is ready to serve\n");
  const token = new ShutdownToken();
  const later = watchLine(log, { offset: log.size, text: "ready to serve", token });
  expect(later.look()).toBe(false);
  const woken = grown();
  appendFileSync(log.path, "now rea");
  await woken;
  expect(later.look()).toBe(false);
  appendFileSync(log.path, "dy to serve");
  await later.seen;
  expect(later.look()).toBe(true);
});

test("a copy gets every line once, goes on after a restart of the daemon, and is labelled when asked", () => {
  const copy = join(directory, "copies", "all.log");
  log.prepare();
  log.copyTo({ path: copy, label: "web" });
  log.open();
  appendFileSync(log.path, "one\ntwo\n");
  log.settle();
  appendFileSync(log.path, "meanwhile\n");
  const next = new AppLog(log.path, systemClock);
  next.copyTo({ path: copy, label: "web" });
  next.open();
  appendFileSync(log.path, "last");
  next.settle();
  expect(readFileSync(copy, "utf8")).toBe("web | one\nweb | two\nweb | meanwhile\nweb | last\n");
});

test("a line that the app has begun when the daemon ends is copied whole by the next one", () => {
  const copy = join(directory, "copy.log");
  log.prepare();
  log.copyTo({ path: copy });
  log.open();
  appendFileSync(log.path, "half a ");
  log.close();
  appendFileSync(log.path, "line\n");
  const next = new AppLog(log.path, systemClock);
  next.copyTo({ path: copy });
  next.open();
  expect(readFileSync(copy, "utf8")).toBe("half a line\n");
  next.settle();
});

test.each([
  { what: "a directory", make: (path: string) => mkdirSync(path) },
  { what: "a pipe that nobody reads", make: (path: string) => execFileSync("mkfifo", [path]) },
])("a copy to $what is refused at once", ({ make }) => {
  const path = join(directory, "target");
  make(path);
  log.prepare();
  expect(() => log.copyTo({ path })).toThrow(`its log file ${path} cannot be written`);
});

test("a copy below a directory that takes no entries is refused and hangs nobody", () => {
  log.prepare();
  expect(() => log.copyTo({ path: "/proc/nope/x" })).toThrow("cannot be written");
});

test("a copy that can no longer be written leaves the log whole", () => {
  const path = join(directory, "target");
  log.prepare();
  log.copyTo({ path });
  rmSync(path);
  mkdirSync(path);
  log.open();
  appendFileSync(log.path, "kept\n");
  log.settle();
  expect(log.read(0).lines.map((line) => line.text)).toEqual(["kept"]);
});
