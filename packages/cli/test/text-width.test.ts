import { describe, expect, test } from "vitest";
import { cutToWidth, fitToWidth, textWidth, wrapToWidth } from "../src/terminal/text-width.ts";

describe("a text's columns", () => {
  test.each([
    ["web", 3],
    ["größe", 5],
    ["naïve", 5],
    ["nai\u0308ve", 5],
    ["日本語", 6],
    ["한국", 4],
    ["e\u0301\u0302\u0303", 1],
    ["🚀", 2],
    ["👩‍👩‍👧‍👦", 2],
    ["❤️", 2],
    ["🇫🇷", 2],
    ["\u200b", 0],
    ["｡", 1],
    ["Ａ", 2],
    ["\u001b[31mred\u001b[0m", 3],
    ["…", 1],
    ["", 0],
  ])("%j takes %d", (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });
});

describe("a text that is cut", () => {
  test("ends with an ellipsis, and a wide letter is never halved", () => {
    expect(cutToWidth("a long one", 6)).toBe("a lon…");
    expect(cutToWidth("日本語", 4)).toBe("日…");
    expect(cutToWidth("日本語", 5)).toBe("日本…");
    expect(cutToWidth("日本語", 6)).toBe("日本語");
    expect(cutToWidth("x", 0)).toBe("");
  });

  test("keeps marks with their letter and ends its colours", () => {
    expect(cutToWidth("ae\u0301b\u0302cd", 4)).toBe("ae\u0301b\u0302…");
    expect(cutToWidth("\u001b[31mabcdef", 4)).toBe("\u001b[31mabc…\u001b[0m");
  });

  test("fills up to the width", () => {
    expect(fitToWidth("日", 4)).toBe("日  ");
    expect(fitToWidth("7", 3, "right")).toBe("  7");
    expect(textWidth(fitToWidth("日本語", 4))).toBe(4);
  });
});

describe("a text that is wrapped", () => {
  test("breaks at spaces and indents what follows", () => {
    expect(wrapToWidth("one two three four", 10, 2)).toEqual(["one two", "  three", "  four"]);
  });

  test("cuts words that are longer than a line", () => {
    expect(wrapToWidth("abcdefghij", 4, 1)).toEqual(["abcd", " efg", " hij"]);
    expect(wrapToWidth("日本語", 3)).toEqual(["日", "本", "語"]);
  });

  test("goes on in its colour", () => {
    expect(wrapToWidth("\u001b[31mred one\u001b[0m plain", 6)).toEqual([
      "\u001b[31mred\u001b[0m",
      "\u001b[31mone\u001b[0m",
      "plain",
    ]);
  });

  test("comes to an end however narrow it is", () => {
    expect(wrapToWidth("日本", 1, 8)).toEqual(["日", "本"]);
    expect(wrapToWidth("ab", 0)).toEqual(["ab"]);
  });
});
