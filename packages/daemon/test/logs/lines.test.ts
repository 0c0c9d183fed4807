import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lastLinesOffset, longestLineBytes, readLines } from "../../src/logs/lines.ts";

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
      { offset: 0, text: "one" },
      { offset: 4, text: "two" },
    ],
    next: 8,
  });
  appendFileSync(path, "ee\n");
  expect(readLines(path, 8)).toEqual({ lines: [{ offset: 8, text: "three" }], next: 14 });
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

test("a line without an end is cut into pieces, and nothing of it is lost", () => {
  writeFileSync(path, "y".repeat(longestLineBytes * 2 + 10));
  expect(texts(0, undefined, true).map((text) => text.length)).toEqual([
    longestLineBytes,
    longestLineBytes,
    10,
  ]);
});

test("a file that is not there has no lines", () => {
  expect(readLines(path, 0)).toEqual({ lines: [], next: 0 });
  expect(lastLinesOffset(path, 5)).toBe(0);
});

test("the last lines are found across blocks, with or without a newline at the end", () => {
  const all = Array.from({ length: 30_000 }, (_, index) => `line number ${index}`);
  writeFileSync(path, `${all.join("\n")}\n`);
  for (const count of [1, 2, 17, 20_000]) {
    expect(readLines(path, lastLinesOffset(path, count), 10_000_000).lines.map((line) => line.text)).toEqual(
      all.slice(-count),
    );
  }
  writeFileSync(path, "one\ntwo\nthree");
  expect(texts(lastLinesOffset(path, 2), undefined, true)).toEqual(["two", "three"]);
  expect(lastLinesOffset(path, 99)).toBe(0);
  expect(texts(lastLinesOffset(path, 0), undefined, true)).toEqual([]);
});
