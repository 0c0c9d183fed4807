import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShutdownToken, seededRandom, systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogLine } from "../../src/api/contract.ts";
import { PerlPuncher } from "../../src/logs/hole-puncher.ts";
import type { InstanceOutput, LogSource } from "../../src/logs/instance-output.ts";
import { LogBook } from "../../src/logs/log-book.ts";

const kib = 1024;
const key = { project: "shop", name: "web", instance: 1 };
const split = { logSplit: true } as const;
let directory = "";
let books: LogBook[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-split-"));
});
afterEach(async () => {
  for (const book of books.splice(0)) book.close();
  rmSync(directory, { recursive: true });
});

function openBook(): LogBook {
  const book = new LogBook(directory, systemClock, {
    puncher: new PerlPuncher(systemClock),
    space: () => undefined,
    retention: { maxBytes: 256 * kib },
  });
  books = [...books, book];
  return book;
}

/** Both logs of an output that tells its streams apart. */
function bothOf(output: InstanceOutput): readonly [LogSource, LogSource] {
  const [out, errors] = output.sources();
  if (out === undefined || errors === undefined) throw new Error("there are not two");
  return [out, errors];
}

function begin(output: InstanceOutput, settings: { readonly logSplit?: true } = split): void {
  output.prepare(settings, undefined);
  output.open();
}

const told = (lines: readonly LogLine[]): readonly string[] =>
  lines.map(({ stream, text }) => `${stream ?? "both"} ${text}`);

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const limit = performance.now() + 15_000; !(await isSo()); ) {
    if (performance.now() > limit) throw new Error("not so after 15 s");
    await systemClock.sleep(5);
  }
}

test("an output that is not split is one log, whose lines have no stream", async () => {
  const book = openBook();
  const output = book.of(key);
  begin(output, {});
  appendFileSync(output.log.path, "hello\n");
  expect(output.sources()).toHaveLength(1);
  expect(output.sources(undefined, "stderr")).toEqual([]);
  expect(output.sources(undefined, "stdout")).toEqual([]);
  expect(told(await book.read(output.sources(), {}))).toEqual(["both hello"]);
});

test("whatever both streams write, a reading has each line once, in its order, in that of the looks, and pages join", async () => {
  const book = openBook();
  const output = book.of(key);
  begin(output);
  const [out, errors] = bothOf(output);
  const random = seededRandom(11);
  const written: { readonly stream: "stdout" | "stderr"; readonly text: string; readonly round: number }[] =
    [];
  for (let round = 0; round < 60; round++) {
    for (let count = Math.floor(random.next() * 6); count > 0; count--) {
      const stream = random.next() < 0.4 ? "stderr" : "stdout";
      const text = `${written.length} ${"x".repeat(Math.floor(random.next() * 90))}`;
      written.push({ stream, text, round });
      appendFileSync((stream === "stderr" ? errors : out).log.path, `${text}\n`);
    }
    // Where one is seen to have grown, the other one is looked at as well.
    (written.at(-1)?.stream === "stderr" ? errors : out).log.read(0);
    await systemClock.sleep(2);
  }
  const all = await book.read(output.sources(), {});
  expect(all).toHaveLength(written.length);
  for (const stream of ["stdout", "stderr"] as const) {
    const own = written.filter((each) => each.stream === stream).map(({ text }) => text);
    expect(all.filter((line) => line.stream === stream).map(({ text }) => text)).toEqual(own);
    expect(told(await book.read(output.sources(undefined, stream), {}))).toEqual(
      own.map((text) => `${stream} ${text}`),
    );
  }
  // Of two lines with a look in between, the earlier one comes first, whichever streams they went to.
  const roundOf = new Map(written.map(({ text, round }) => [text, round]));
  const rounds = all.map(({ text }) => roundOf.get(text) ?? -1);
  expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
  for (const count of [1, 2, 7, 50, 1_000])
    expect(told(await book.read(output.sources(), { lines: count }))).toEqual(told(all).slice(-count));
  // Backwards in pages, each stream from where its first line stood.
  const pages: LogLine[] = [];
  const firsts = new Map(all.map((line) => [line.stream, Number.MAX_SAFE_INTEGER]));
  for (;;) {
    const streams = [...firsts].map(([stream, before]) =>
      book.read(output.sources(undefined, stream), { before, lines: 5 }),
    );
    const page = (await Promise.all(streams)).flat().toSorted(byTime).slice(-5);
    if (page.length === 0) break;
    for (const line of page.toReversed()) firsts.set(line.stream, line.offset);
    pages.unshift(...page);
  }
  expect(pages.map(({ text }) => text)).toEqual(all.toSorted(byTime).map(({ text }) => text));
});

function byTime(a: LogLine, b: LogLine): number {
  return a.time === b.time
    ? a.stream === b.stream
      ? a.offset - b.offset
      : a.stream === "stdout"
        ? -1
        : 1
    : a.time < b.time
      ? -1
      : 1;
}

test("what is seen in one look has one time, whichever file was looked at first", () => {
  const output = openBook().of(key);
  begin(output);
  const [out, errors] = bothOf(output);
  for (let round = 0; round < 200; round++) {
    appendFileSync(out.log.path, `out ${round}\n`);
    appendFileSync(errors.log.path, `err ${round}\n`);
    (round % 2 === 0 ? out : errors).log.read(0);
  }
  output.settle();
  const times = output.sources().map(({ log }) => log.read(0).lines.map(({ time }) => time));
  expect(times[0]).toHaveLength(200);
  expect(times[0]).toEqual(times[1]);
});

test("filters and the number of lines count over both streams", async () => {
  const book = openBook();
  const output = book.of(key);
  begin(output);
  const [out, errors] = bothOf(output);
  for (let round = 0; round < 5; round++) {
    appendFileSync(out.log.path, `{"level":"error","n":${round}}\nplain ${round}\n`);
    out.log.read(0);
    await systemClock.sleep(5);
    appendFileSync(errors.log.path, `{"n":${round}}\nERROR ${round}\n`);
    errors.log.read(0);
    await systemClock.sleep(5);
  }
  // What says nothing of its level counts as info, whichever stream it went to.
  expect(told(await book.read(output.sources(), { level: "warn", lines: 3 }))).toEqual([
    "stderr ERROR 3",
    'stdout {"level":"error","n":4}',
    "stderr ERROR 4",
  ]);
  expect(told(await book.read(output.sources(undefined, "stderr"), { text: "ERROR", lines: 2 }))).toEqual([
    "stderr ERROR 3",
    "stderr ERROR 4",
  ]);
});

test("what was written before it was split has no stream and stays; so does stderr's once it is split no more", async () => {
  const output = openBook().of(key);
  begin(output, {});
  appendFileSync(output.log.path, "before\n");
  output.settle();
  await systemClock.sleep(5);
  begin(output);
  const [out, errors] = bothOf(output);
  appendFileSync(out.log.path, "out\n");
  out.log.read(0);
  await systemClock.sleep(5);
  appendFileSync(errors.log.path, "err\n");
  output.settle();
  // Another daemon finds both.
  const next = openBook();
  const later = next.of(key);
  expect(told(await next.read(later.sources(), {}))).toEqual(["both before", "stdout out", "stderr err"]);
  expect(told(await next.read(later.sources(undefined, "stdout"), {}))).toEqual([
    "both before",
    "stdout out",
  ]);
  begin(later, {});
  appendFileSync(later.log.path, "together\n");
  expect(told(await next.read(later.sources(), {}))).toEqual([
    "both before",
    "both out",
    "stderr err",
    "both together",
  ]);
});

test("both logs together keep within one bound, and a flood of one leaves the other its half", async () => {
  const output = openBook().of(key);
  begin(output);
  const [out, errors] = bothOf(output);
  const line = `${"x".repeat(99)}\n`;
  const slack = 2 * 64 * kib;
  const kept = (): number => out.log.keptBytes + errors.log.keptBytes;
  // stderr may use nearly all of it while stdout has nothing.
  for (let round = 0; round < 10; round++) appendFileSync(errors.log.path, line.repeat(500));
  errors.log.read(0);
  await until(() => errors.log.firstOffset > 0);
  expect(errors.log.keptBytes).toBeGreaterThan(200 * kib);
  for (let round = 0; round < 40; round++) {
    appendFileSync(out.log.path, line.repeat(500));
    out.log.read(0);
    await systemClock.sleep(5);
  }
  await until(() => kept() <= 256 * kib + slack);
  expect(errors.log.keptBytes).toBeGreaterThanOrEqual(128 * kib - 100);
  expect(out.log.keptBytes).toBeGreaterThanOrEqual(128 * kib - 100);
});

test("a text is found in whichever stream it is written to, and told once", async () => {
  for (const to of [0, 1] as const) {
    const output = openBook().of({ ...key, name: `app${to}` });
    const { offset, errors } = output.prepare(split, undefined);
    output.open();
    let seen = 0;
    const watch = output.watchLine(
      { text: "is ready", offset, token: new ShutdownToken(), onSeen: () => seen++ },
      errors?.offset,
    );
    expect(watch.look()).toBe(false);
    appendFileSync(bothOf(output)[to].log.path, "it is ready\n");
    await watch.seen;
    expect(watch.look()).toBe(true);
    expect(seen).toBe(1);
  }
});

test("a copy in one file has whole lines of both", async () => {
  const output = openBook().of(key);
  const path = join(directory, "copy.log");
  output.prepare(split, { path });
  output.open();
  const [out, errors] = bothOf(output);
  appendFileSync(out.log.path, "out be");
  out.log.read(0);
  appendFileSync(errors.log.path, "err\n");
  errors.log.read(0);
  appendFileSync(out.log.path, "gun\n");
  output.settle();
  await until(() => readFileSync(path, "utf8").length >= 14);
  expect(readFileSync(path, "utf8").split("\n").toSorted()).toEqual(["", "err", "out begun"]);
});

test("a removal takes both logs and all that lies beside them", async () => {
  const book = openBook();
  const output = book.of(key);
  begin(output);
  appendFileSync(bothOf(output)[1].log.path, "err\n");
  await book.remove(key);
  expect(existsSync(join(directory, "shop", "web"))).toBe(false);
  expect(book.of(key).sources()).toHaveLength(1);
});
