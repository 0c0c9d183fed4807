import { expect, test } from "vitest";
import type { LogExtent, LogLine, Target } from "../src/api.ts";
import { LogReader, type ReadLogs } from "../src/views/logs/log-reader.ts";
import { LogWindow } from "../src/views/logs/log-window.ts";

/** Logs in memory that are read as the daemon's are: lines of ten bytes, of each app at its own pace. */
function logs(
  counts: Readonly<
    Record<string, { readonly count: number; readonly everyMs: number; readonly of?: string }>
  >,
): {
  readonly all: readonly LogLine[];
  readonly read: ReadLogs;
  readonly extents: (targets: readonly Target[]) => Promise<readonly LogExtent[]>;
} {
  const own = Object.entries(counts).map(([word, { count, everyMs, of }]) =>
    Array.from({ length: count }, (_, index): LogLine => {
      const time = new Date(1_000_000 + index * everyMs).toISOString();
      return {
        project: "p",
        name: of ?? word,
        instance: 1,
        time,
        text: `${word} ${index}`.padEnd(9),
        offset: index * 10,
        ...(of !== undefined && { stream: word === "err" ? "stderr" : "stdout" }),
      };
    }),
  );
  const all = own.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return {
    all,
    read: async ({ targets, lines = 10_000, before = Number.POSITIVE_INFINITY, after, until, stream }) =>
      own
        .filter(([first]) => first?.stream === stream)
        .filter(([first]) => targets.some((target) => target.name === first?.name))
        .flatMap((log) => {
          const found = log.filter(
            ({ offset, time }) =>
              offset < before && offset > (after ?? -1) && (until === undefined || time <= until),
          );
          return after === undefined ? found.slice(-lines) : found.slice(0, lines);
        }),
    extents: async () =>
      own.map((log) => ({
        project: "p",
        name: log[0]?.name ?? "",
        instance: 1,
        firstOffset: 0,
        endOffset: log.length * 10,
        ...(log[0]?.stream !== undefined && { stream: log[0].stream }),
      })),
  };
}

const targets = [{ project: "p" }];
const texts = (lines: readonly LogLine[]): readonly string[] => lines.map(({ text }) => text);

test("a reader merges logs of different pace by time, and gives each line once", async () => {
  const { all, read } = logs({ fast: { count: 500, everyMs: 10 }, slow: { count: 7, everyMs: 700 } });
  const from = ["fast", "slow"].map((name) => ({ project: "p", name, instance: 1 }));
  const older = new LogReader("older", read, {}, [
    { ...from[0], name: "fast", project: "p", instance: 1, at: 5_000 },
    { ...from[1], name: "slow", project: "p", instance: 1, at: 70 },
  ]);
  const pieces: LogLine[] = [];
  while (!older.isAtEnd) pieces.unshift(...(await older.take(60)));
  expect(texts(pieces)).toEqual(texts(all));
  const newer = new LogReader(
    "newer",
    read,
    {},
    from.map((target) => ({ ...target, at: -1 })),
  );
  const forward: LogLine[] = [];
  while (!newer.isAtEnd) forward.push(...(await newer.take(60)));
  expect(texts(forward)).toEqual(texts(all));
});

test("from its tail a window grows to the very first line, in order", async () => {
  const { all, read, extents } = logs({ a: { count: 2_000, everyMs: 10 }, b: { count: 30, everyMs: 500 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all.slice(-100));
  while (window.hasBefore) expect(await window.loadOlder()).toBe(true);
  expect(texts(window.lines)).toEqual(texts(all));
  expect(window.isAtTail).toBe(true);
});

test("a jump lands where that share of the bytes is over, and from there on no line is missing", async () => {
  const { all, read, extents } = logs({ a: { count: 5_000, everyMs: 10 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all.slice(-100));
  await window.jump(0.5);
  expect(window.isAtTail).toBe(false);
  expect(window.lines[0]?.offset).toBe(25_000);
  while (!window.isAtTail) await window.loadNewer();
  while (window.hasBefore) await window.loadOlder();
  expect(texts(window.lines)).toEqual(texts(all));
});

test("a jump to the beginning shows the first line", async () => {
  const { all, read, extents } = logs({ a: { count: 5_000, everyMs: 10 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all.slice(-100));
  await window.jump(0);
  expect(window.lines[0]?.offset).toBe(0);
  expect(window.hasBefore).toBe(false);
});

test("the first line is gone to although older ones are being loaded", async () => {
  const { all, read, extents } = logs({ a: { count: 5_000, everyMs: 10 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all.slice(-100));
  await window.jump(0.9);
  const loading = window.loadOlder();
  expect(await window.jump(0.5)).toBe(false);
  await window.toStart();
  expect(await loading).toBe(true);
  expect(window.lines[0]?.offset).toBe(0);
});

test("what is written while a window is read back to its tail is in it once", async () => {
  const { all, read, extents } = logs({ a: { count: 1_000, everyMs: 10 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all.slice(-10));
  await window.jump(0.1);
  const last = all.at(-1);
  if (last === undefined) throw new Error("no line");
  const line: LogLine = { ...last, offset: 10_000, text: "new" };
  const loads = async (): Promise<void> => {
    while (!window.isAtTail) {
      const load = window.loadNewer();
      // Told twice: by the follower now, and again by a reader that comes late.
      window.append([line]);
      await load;
    }
  };
  await loads();
  window.append([line]);
  expect(texts(window.lines).filter((text) => text === "new")).toEqual(["new"]);
});

test("a window is bounded: what is far above is let go while new lines come", async () => {
  const { all, read, extents } = logs({ a: { count: 100, everyMs: 10 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all);
  const last = all.at(-1);
  if (last === undefined) throw new Error("no line");
  for (let at = 0; at < 30; at++) {
    window.append(
      Array.from(
        { length: 1_000 },
        (_, index): LogLine => ({ ...last, offset: 1_000 + (at * 1_000 + index) * 10 }),
      ),
    );
  }
  expect(window.lines.length).toBeLessThanOrEqual(24_000);
  expect(window.hasBefore).toBe(true);
});

test("lines of several apps that come out of step stand in the order of their times", async () => {
  const { all, read, extents } = logs({ a: { count: 10, everyMs: 10 }, b: { count: 1, everyMs: 10 } });
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all);
  const at = (name: string, ms: number, offset: number): LogLine => ({
    ...{ project: "p", name, instance: 1, text: `${ms}`, offset },
    time: new Date(2_000_000 + ms).toISOString(),
  });
  window.append([at("a", 30, 500)]);
  window.append([at("b", 20, 500), at("a", 40, 510)]);
  expect(texts(window.lines.slice(-3))).toEqual(["20", "30", "40"]);
});

const split = {
  out: { count: 3_000, everyMs: 10, of: "web" },
  err: { count: 170, everyMs: 171, of: "web" },
  db: { count: 50, everyMs: 400 },
};

test("streams that are told apart are each read from their own places, whole and in order", async () => {
  const { all, read, extents } = logs(split);
  const window = new LogWindow(read, extents, {});
  await window.begin(targets, all.slice(-100));
  expect(window.isSplit).toBe(true);
  while (window.hasBefore) await window.loadOlder();
  expect(texts(window.lines).toSorted()).toEqual(texts(all).toSorted());
  const times = window.lines.map(({ time }) => time);
  expect(times).toEqual(times.toSorted());
  await window.jump(0.5);
  while (!window.isAtTail) await window.loadNewer();
  while (window.hasBefore) await window.loadOlder();
  expect(texts(window.lines).toSorted()).toEqual(texts(all).toSorted());
});

test("of one stream only its log counts", async () => {
  const { all, read, extents } = logs(split);
  const own = all.filter(({ stream }) => stream === "stderr");
  const window = new LogWindow(read, extents, { stream: "stderr" });
  await window.begin(targets, own.slice(-20));
  expect(window.shares).toEqual({ before: 1_500, inside: 190, after: 0 });
  while (window.hasBefore) await window.loadOlder();
  expect(texts(window.lines)).toEqual(texts(own));
});

test("an app that begins to tell its streams apart while it is looked at is read on in both", async () => {
  const { all, read, extents } = logs(split);
  const own = all.filter(({ stream, name }) => stream === "stdout" || name === "db");
  let isSplit = false;
  const window = new LogWindow(
    (params) => {
      const stream = params.stream ?? (params.targets[0]?.name === "web" ? "stdout" : undefined);
      if (isSplit && stream === "stdout" && params.stream === undefined) throw new Error("which stream?");
      return read(stream === undefined ? params : { ...params, stream });
    },
    async (wanted) =>
      (await extents(wanted)).flatMap(({ stream, ...extent }) =>
        stream === "stderr" && !isSplit
          ? []
          : [isSplit && stream !== undefined ? { ...extent, stream } : extent],
      ),
    {},
  );
  await window.begin(targets, own.slice(-100));
  await window.loadOlder();
  isSplit = true;
  const [first] = all.filter(({ stream }) => stream === "stderr");
  if (first === undefined) throw new Error("no line");
  window.append([{ ...first, time: new Date(9_000_000).toISOString() }]);
  expect(window.isSplit).toBe(true);
  while (window.hasBefore) await window.loadOlder();
  expect(window.lines).toHaveLength(own.length + 1);
});
