import { expect, test } from "vitest";
import type { LogLine } from "../src/api.ts";
import { unwrapped, wrapped } from "../src/views/logs/row-counts.ts";

const line = (text: string): LogLine => ({ project: "p", name: "a", instance: 1, time: "", text, offset: 0 });

test("an unwrapped line is one row", () => {
  const counts = unwrapped(3);
  expect([counts.total, counts.rowOf(2), counts.lineAt(1), counts.lineAt(9), counts.lineAt(-1)]).toEqual([
    3, 2, 1, 2, 0,
  ]);
});

test("a wrapped line has as many rows as it takes, and each row knows its line", () => {
  const counts = wrapped(
    ["", "a".repeat(10), "b".repeat(11), "\u001b[31mc\u001b[0m", "世".repeat(6)].map(line),
    10,
  );
  expect(counts.total).toBe(1 + 1 + 2 + 1 + 2);
  expect([0, 1, 2, 3, 4, 5].map((index) => counts.rowOf(index))).toEqual([0, 1, 2, 4, 5, 7]);
  expect([0, 1, 2, 3, 4, 5, 6, 99].map((row) => counts.lineAt(row))).toEqual([0, 1, 2, 2, 3, 4, 4, 4]);
});
