import { expect, test } from "vitest";
import { screenDiff } from "../../src/top/screen-diff.ts";

const esc = "\u001b[";

test("only lines that differ are written, each at its place, in one update", () => {
  expect(screenDiff(["a", "b", "c"], ["a", "x", "c"], 10)).toBe(
    `${esc}?2026h${esc}2;1Hx${esc}0m${esc}K${esc}?2026l`,
  );
});

test("nothing is written when nothing differs", () => {
  expect(screenDiff(["a", "b"], ["a", "b"], 10)).toBe("");
});

test("a screen that shows something else is cleared first", () => {
  expect(screenDiff(undefined, ["a"], 10)).toBe(
    `${esc}?2026h${esc}0m${esc}2J${esc}1;1Ha${esc}0m${esc}K${esc}?2026l`,
  );
});

test("the last letter of a full line is not taken away", () => {
  expect(screenDiff([""], ["日本"], 4)).toBe(`${esc}?2026h${esc}1;1H日本${esc}0m${esc}?2026l`);
});
