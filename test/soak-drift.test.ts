import { expect, test } from "vitest";
import { checkLines } from "../scripts/soak/chatter.ts";
import { drift, median } from "../scripts/soak/drift.ts";

const samples = (value: (at: number) => number) =>
  Array.from({ length: 100 }, (_, at) => ({ atMs: at * 10_000, value: value(at) }));

test("what grows steadily has drifted by as much as it grew, and what goes up and down has not", () => {
  expect(drift(samples((at) => 80 + at * 0.1))).toBeCloseTo(9.9);
  expect(Math.abs(drift(samples((at) => 80 + (at % 10))))).toBeLessThan(1);
  expect(drift(samples((at) => (at === 99 ? 100 : 80)))).toBeLessThan(2);
  expect([drift([]), drift([{ atMs: 1, value: 5 }])]).toEqual([0, 0]);
  expect(median([3, 1, 2])).toBe(2);
});

test("a line that is missing, doubled or out of order is found, and so is a run that is there twice", () => {
  expect(checkLines("web", ["7 0", "7 1", "9 0", "9 1"])).toEqual({ lines: 4, runs: 2, faults: [] });
  expect(checkLines("web", ["7 0", "7 2"]).faults).toEqual(["web: after 7 0 comes 7 2"]);
  expect(checkLines("web", ["7 0", "7 0"]).faults).toHaveLength(1);
  expect(checkLines("web", ["7 0", "8 1"]).faults).toHaveLength(1);
  expect(checkLines("web", ["7 0", "8 0", "7 0"]).faults).toEqual(["web: the run of 7 is there twice"]);
});
