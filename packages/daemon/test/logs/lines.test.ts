import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LastLinesQuery, lastLines } from "../../src/logs/last-lines.ts";
import { lineStartFrom, longestLineBytes, readLines } from "../../src/logs/lines.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-lines-"));
  path = join(directory, "log");
});
afterEach(() => rmSync(directory, { recursive: true }));

const texts = (offset: number, maxBytes?: number, atEnd?: boolean): readonly string[] =>
  readLines(path, offset, maxBytes, atEnd).lines.map((line) => line.text);

test("whole lines are read with their offsets, and the unfinished one is left for later", () => {
  writeFileSync(path, "one\ntwo\nthr");
  expect(readLines(path, 0)).toEqual({
    lines: [
      { offset: 0, text: "one", next: 4 },
      { offset: 4, text: "two", next: 8 },
    ],
    next: 8,
  });
  appendFileSync(path, "ee\n");
  expect(readLines(path, 8)).toEqual({ lines: [{ offset: 8, text: "three", next: 14 }], next: 14 });
});

test("at the end the unfinished line counts too", () => {
  writeFileSync(path, "one\ntwo");
  expect(texts(0, undefined, true)).toEqual(["one", "two"]);
});

test("empty lines, carriage returns and UTF-8 come through", () => {
  writeFileSync(path, "\n\r\nwindows\r\nnaïve ☕\n");
  expect(texts(0)).toEqual(["", "", "windows", "naïve ☕"]);
});

test("every size of a block gives the same lines", () => {
  const all = Array.from({ length: 50 }, (_, index) => `line ${index} ${"x".repeat(index)}`);
  writeFileSync(path, `${all.join("\n")}\n`);
  for (let block = 70; block < 400; block += 13) {
    const found: string[] = [];
    for (let offset = 0; ; ) {
      const part = readLines(path, offset, block);
      if (part.lines.length === 0) break;
      found.push(...part.lines.map((line) => line.text));
      offset = part.next;
    }
    expect(found).toEqual(all);
  }
});

test("a line without an end is cut into pieces that say so, and nothing of it is lost", () => {
  writeFileSync(path, "y".repeat(longestLineBytes * 2 + 10));
  const { lines } = readLines(path, 0, undefined, true);
  expect(lines.map(({ text, continues }) => [text.length, continues])).toEqual([
    [longestLineBytes, true],
    [longestLineBytes, true],
    [10, true],
  ]);
});

test("no character is cut in two", () => {
  const text = `x${"☕".repeat(30_000)}`;
  writeFileSync(path, `${text}\n`);
  expect(texts(0)).toHaveLength(2);
  expect(texts(0).join("")).toBe(text);
});

test("a block of bytes that are no text is read whole", () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => 0x80 + (index % 0x40)));
  writeFileSync(path, bytes);
  let length = 0;
  for (let offset = 0; ; ) {
    const { lines, next } = readLines(path, offset, undefined, true);
    if (lines.length === 0) break;
    length += next - offset;
    offset = next;
  }
  expect(length).toBe(300_000);
});

test("the end of a line whose text was read before is no line of its own", () => {
  writeFileSync(path, "prompt: \r\n\nnext\n");
  expect(texts(8)).toEqual(["", "next"]);
  expect(texts(10)).toEqual(["", "next"]);
  expect(texts(2)).toEqual(["ompt: ", "", "next"]);
});

test("the start of a line is found from the middle of one", () => {
  writeFileSync(path, "one\ntwo\n");
  expect([0, 1, 3, 4, 5].map((offset) => lineStartFrom(path, offset))).toEqual([0, 4, 4, 4, 8]);
  writeFileSync(path, "y".repeat(longestLineBytes * 3));
  expect(lineStartFrom(path, 70_000)).toBe(70_000);
});

test("a file that is not there has no lines", async () => {
  expect(readLines(path, 0)).toEqual({ lines: [], next: 0 });
  expect(await last(5)).toBe(0);
});

const breathe = async (): Promise<void> => {};
const last = async (count: number, over: Partial<LastLinesQuery> = {}): Promise<number> => {
  const end = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return (await lastLines(path, { first: 0, end, count, breathe, ...over })).offset;
};

test("the last lines are found across blocks, with or without a newline at the end", async () => {
  const all = Array.from({ length: 30_000 }, (_, index) => `line number ${index}`);
  writeFileSync(path, `${all.join("\n")}\n`);
  for (const count of [1, 2, 17, 20_000]) {
    expect(readLines(path, await last(count), 10_000_000).lines.map((line) => line.text)).toEqual(
      all.slice(-count),
    );
  }
  writeFileSync(path, "one\ntwo\nthree");
  expect(texts(await last(2), undefined, true)).toEqual(["two", "three"]);
  expect(await last(99)).toBe(0);
  expect(await last(99, { first: 4 })).toBe(4);
  expect(texts(await last(1, { end: 8 }), 4, true)).toEqual(["two"]);
  expect(texts(await last(0), undefined, true)).toEqual([]);
});

test("the last lines that are wanted are found, however far back they are", async () => {
  const all = Array.from({ length: 60_000 }, (_, index) => `line number ${index}`);
  writeFileSync(path, `${all.join("\n")}\n`);
  const offset = await last(3, { isWanted: ({ text }) => text.endsWith("777") });
  expect(readLines(path, offset, 40).lines[0]?.text).toBe("line number 57777");
  expect(await last(1, { isWanted: () => false })).toBe(0);
});

test("a line longer than a block is no hindrance to what stands before it", async () => {
  writeFileSync(path, `first\n${"y".repeat(1_000_000)}\nlast\n`);
  expect(texts(await last(1))).toEqual(["last"]);
  expect(await last(100)).toBe(0);
  expect(readLines(path, await last(1, { isWanted: ({ text }) => text === "first" }), 6).lines).toHaveLength(
    1,
  );
});
