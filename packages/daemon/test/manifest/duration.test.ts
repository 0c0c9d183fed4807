import { expect, test } from "vitest";
import { parseDuration } from "../../src/manifest/duration.ts";

test.each([
  ["10s", 10_000],
  ["1m30s", 90_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1.5s", 1500],
  [".5s", 500],
  ["2h1m3s4ms", 7_263_004],
  ["250us", 0.25],
  ["40µs", 0.04],
  ["1d", 86_400_000],
  ["0", 0],
  ["0s", 0],
  [" 5s ", 5000],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "10", "s", "1x", "-1s", "1s2", "1 s", "1e3s", "abc", "1..5s"])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("a bare number counts only in a unit that the format gives", () => {
  expect(parseDuration("10", 1000)).toBe(10_000);
  expect(parseDuration("1.5", 1000)).toBe(1500);
  expect(parseDuration("10s", 1)).toBe(10_000);
});
