import { expect, test } from "vitest";
import { bytesText, cpuText, durationText, tickingText } from "../src/time/format.ts";

test.each([
  [-5, "0 s"],
  [0, "0 s"],
  [420, "0.4 s"],
  [9_960, "10 s"],
  [59_400, "59 s"],
  [59_600, "1 min"],
  [200_000, "3 min 20 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [352_800_000, "4 d 2 h"],
])("%d ms are written %j", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test("what ticks shows whole seconds that are over", () => {
  expect([0, 999, 1_000, 59_999, 60_000, 125_900].map(tickingText)).toEqual([
    "0 s",
    "0 s",
    "1 s",
    "59 s",
    "1 min",
    "2 min 5 s",
  ]);
});

test("bytes have three digits at most, in powers of 1,024", () => {
  expect([0, 999, 1_024, 4_300, 102_400, 325_058_560, 3_221_225_472].map(bytesText)).toEqual([
    "0 B",
    "999 B",
    "1 KiB",
    "4.2 KiB",
    "100 KiB",
    "310 MiB",
    "3 GiB",
  ]);
});

test("processors are shares of one", () => {
  expect([0, 0.003, 0.0995, 0.25, 2.1].map(cpuText)).toEqual(["0 %", "0.3 %", "10 %", "25 %", "210 %"]);
});
