import { expect, test } from "vitest";
import { ansiSpans, plainText } from "../src/views/logs/ansi-spans.ts";

test("colours become class names, and text stays text", () => {
  expect(ansiSpans("\u001b[1;31m<b>no\u001b[0m \u001b[38;5;46mgo\u001b[39m")).toEqual([
    { text: "<b>no", className: "ansi-1 ansi-bold" },
    { text: " ", className: "" },
    { text: "go", className: "ansi-2" },
  ]);
});

test("colours of millions become the nearest of eight, and backgrounds none", () => {
  expect(ansiSpans("\u001b[38;2;250;10;10mred\u001b[48;2;0;0;0m still")).toEqual([
    { text: "red", className: "ansi-1" },
    { text: " still", className: "ansi-1" },
  ]);
});

test.each([
  ["a\u001b[2Jb", "ab"],
  ["a\u001b]0;title\u0007b", "ab"],
  ["\u001b]8;;javascript:x\u001b\\link\u001b]8;;\u001b\\", "link"],
  ["a\u009b31mb", "ab"],
  ["a\u202eb\u2066c", "abc"],
  ["a\u0000\u0008b\r", "ab"],
  ["a\tb", "a    b"],
  ["open \u001b]0;never ends", "open "],
  ["\u001b", ""],
])("of %j is shown %j", (line, text) => {
  expect(plainText(line)).toBe(text);
  expect(
    ansiSpans(line)
      .map((span) => span.text)
      .join(""),
  ).toBe(text);
});

test("a line of nothing but beginnings of sequences takes no long time", () => {
  const line = "\u001b[\u001b]".repeat(30_000);
  const before = process.cpuUsage().user;
  expect(plainText(line)).toBe("");
  expect((process.cpuUsage().user - before) / 1_000).toBeLessThan(500);
});
