// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { interpolate } from "../../src/manifest/interpolate.ts";

const variables = new Map([
  ["FOO", "first"],
  ["BAR", ""],
]);
const run = (text: string) => interpolate(text, (name) => variables.get(name));

describe("substituting", () => {
  test.each([
    ["plain", "plain"],
    ["$FOO", "first"],
    ["${FOO}", "first"],
    ["$FOO-bar", "first-bar"],
    ["$FOO$BAR$FOO", "firstfirst"],
    ["a ${missing} b", "a  b"],
    ["${missing:-def}", "def"],
    ["${missing-def}", "def"],
    ["${BAR:-def}", "def"],
    ["${BAR-def}", ""],
    ["${FOO:-def}", "first"],
    ["${BAR:-/non:-alphanumeric}", "/non:-alphanumeric"],
    ["${missing-$FOO}", "first"],
    ["${BAR:-${FOO} ${FOO}}", "first first"],
    ["${missing-${BAR:-${FOO}}}!", "first!"],
    ["${FOO:?err}", "first"],
    ["${BAR?err}", ""],
    ["${FOO:+alt}", "alt"],
    ["${BAR:+alt}", ""],
    ["${BAR+alt}", "alt"],
    ["${missing+alt}", ""],
    ["${FOO+${BAR:-deep}}", "deep"],
    ["${missing-myerror?msg}", "myerror?msg"],
    ["${missing-va+lu:?e}", "va+lu:?e"],
    ['${missing:-{"a": {"b": 1}}}', '{"a": {"b": 1}}'],
    ["$$", "$"],
    ["$${FOO}", "${FOO}"],
    ["$$$FOO", "$first"],
    ["${missing:-$$FOO}", "$FOO"],
    ["${missing:-}", ""],
  ])("%s becomes %j", (text, expected) => {
    expect(run(text)).toMatchObject({ ok: true, text: expected });
  });

  test("a variable without value and default becomes nothing and is named", () => {
    expect(run("${a} $b ${c:-x} ${d+y} $FOO")).toEqual({ ok: true, text: "  x  first", unset: ["a", "b"] });
  });

  test("a value is not substituted again", () => {
    expect(interpolate("$A", () => "$B")).toMatchObject({ text: "$B" });
  });

  test("a default that is not taken is not looked at", () => {
    expect(run("${FOO:-${missing:?no}}")).toEqual({ ok: true, text: "first", unset: [] });
  });
});

describe("refusing", () => {
  test.each([
    "${",
    "$}",
    "${}",
    "${ }",
    "${ FOO}",
    "${FOO }",
    "${FOO!}",
    "$",
    "a $ b",
    "$1",
    "${1}",
    "${FOO:}",
    "${x:-${y}",
  ])("%s is no template", (text) => {
    expect(run(text)).toMatchObject({ ok: false, kind: "syntax", offset: text.indexOf("$") });
  });

  test.each([
    ["ab ${missing:?not here}", "the variable missing is required: not here"],
    ["ab ${BAR:?empty ${FOO}}", "the variable BAR is required: empty first"],
    ["ab ${missing?}", "the variable missing is required"],
    ["ab ${missing?bar-baz}", "the variable missing is required: bar-baz"],
  ])("%s says what is required", (text, reason) => {
    expect(run(text)).toEqual({ ok: false, kind: "required", reason, offset: 3 });
  });

  test("nesting is bounded, and so is the work", () => {
    expect(run("${a:-".repeat(33) + "}".repeat(33))).toMatchObject({
      ok: false,
      reason: "variables are nested too deep",
    });
    const started = ownMs();
    run("${a:-".repeat(100_000));
    run(`${"${a:-".repeat(100_000)}${"}".repeat(100_000)}`);
    expect(ownMs() - started).toBeLessThan(1000);
  });
});
