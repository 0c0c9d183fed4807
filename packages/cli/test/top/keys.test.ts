import { describe, expect, test } from "vitest";
import { decodeKeys, flushKeys, type Key } from "../../src/top/keys.ts";

function names(keys: readonly Key[]): readonly string[] {
  return keys.map((key) => (key.kind === "named" ? key.name : key.text));
}

describe("keys", () => {
  test.each([
    ["j", ["j"]],
    ["jk日", ["j", "k", "日"]],
    ["\u001b[A\u001b[B", ["up", "down"]],
    ["\u001bOA\u001bOF", ["up", "end"]],
    ["\u001b[5~\u001b[6~\u001b[1~\u001b[4~", ["page-up", "page-down", "home", "end"]],
    ["\r\u007f\b\t", ["enter", "backspace", "backspace", "tab"]],
    ["\u0003\u001a\u000c", ["ctrl-c", "ctrl-z", "ctrl-l"]],
    ["🚀", ["🚀"]],
    // Nothing we know: a mouse, a function key, a paste's bracket, a control character.
    ["\u001b[<0;1;2M", []],
    ["\u001b[15~x", ["x"]],
    ["\u001b[200~a", ["a"]],
    ["\u0001\u0002", []],
  ])("%j are %j", (input, expected) => {
    const { keys, rest } = decodeKeys(input);
    expect([names(keys), rest]).toEqual([expected, ""]);
  });

  test("a sequence that comes in pieces is one key", () => {
    const first = decodeKeys("j\u001b[");
    expect([names(first.keys), first.rest]).toEqual([["j"], "\u001b["]);
    expect(names(decodeKeys(`${first.rest}A`).keys)).toEqual(["up"]);
  });

  test("an ESC that nothing follows is Escape, and so is one before another key", () => {
    const { keys, rest } = decodeKeys("\u001b");
    expect([keys, names(flushKeys(rest))]).toEqual([[], ["escape"]]);
    expect(names(decodeKeys("\u001bq").keys)).toEqual(["escape", "q"]);
    expect(flushKeys("")).toEqual([]);
  });
});
