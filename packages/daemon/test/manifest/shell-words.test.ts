// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { describe, expect, test } from "vitest";
import { needsShell } from "../../src/manifest/needs-shell.ts";
import { splitShellWords } from "../../src/manifest/shell-words.ts";

describe("splitting", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["  ", []],
    ["a  b\tc\n", ["a", "b", "c"]],
    ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
    ["a''b\"\"c", ["abc"]],
    ["'' \"\"", ["", ""]],
    ["a\\ b c\\\\d", ["a b", "c\\d"]],
    ['"a\\"b\\\\c\\d\\$e"', ['a"b\\c\\d$e']],
    ["'a\\b'", ["a\\b"]],
    ["--x='y z'", ["--x=y z"]],
    ["a\\\nb", ["ab"]],
    ['"a\\\nb"', ["ab"]],
    ["ünï çødé", ["ünï", "çødé"]],
  ])("%j has the words %j", (text, words) => {
    expect(splitShellWords(text)).toEqual({ ok: true, words });
  });

  test.each([
    ["a 'b", 2, "a single quote is never closed"],
    ['a b"c', 3, "a double quote is never closed"],
    ["ab\\", 2, "nothing follows the last backslash"],
  ])("%j is refused where the trouble begins", (text, offset, reason) => {
    expect(splitShellWords(text)).toEqual({ ok: false, offset, reason });
  });
});

describe("a shell is needed", () => {
  test.each([
    ...[
      "a | b",
      "a && b",
      "a; b",
      "a > f",
      "a < f",
      "(a)",
      "a &",
      "a\nb",
      "`a`",
      "echo $(a)",
      "echo $HOME",
      'echo "$HOME"',
    ],
    ...[
      "echo ${X}",
      "ls *.txt",
      "ls a?b",
      "ls [ab]",
      "X=1 a",
      "if a; then b; fi",
      "exec a",
      "cd /x",
      "! a",
      "{ a; }",
    ],
    ...['echo "`a`"', "ls ~/x", "a # b", "echo $$", "a 2>&1"],
  ])("by %j", (text) => {
    expect(needsShell(text)).toBe(true);
  });

  test.each([
    ...[
      "node server.js",
      "a 'b | c'",
      'a "b; c > d"',
      "a \\| b",
      "a --x=y",
      "/usr/bin/X=1",
      "echo '$HOME'",
      'echo "a*b"',
    ],
    ...[
      "  sleep 10\n",
      "echo \\$HOME",
      "a b~c",
      "a b#c",
      "printf '%s\\n' x",
      "test -f x",
      "ifconfig",
      "a $ b",
      "echo {a,b}",
    ],
  ])("not by %j", (text) => {
    expect(needsShell(text)).toBe(false);
  });
});
