// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template here is the format's own
import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../../test/checks/own-time.ts";
import { expandEnv } from "../../../src/manifest/process-compose/expand-env.ts";

const values: Readonly<Record<string, string>> = {
  NAME: "holdfast",
  PATHS: "/usr/local/bin/tool.tar.gz",
  EMPTY: "",
  OTHER: "fast",
  ÜBER: "u",
};

function expand(text: string): string {
  const result = expandEnv(text, (name) => values[name] ?? "");
  if (!result.ok) throw new Error(`${result.reason} at ${result.offset}`);
  return result.text;
}

test.each<[string, string]>([
  ["nothing to do", "nothing to do"],
  ["${NAME}", "holdfast"],
  ["a ${NAME} b ${OTHER} c", "a holdfast b fast c"],
  ["${MISSING}${EMPTY}", ""],
  ["${ÜBER}", "u"],
  // What only a shell substitutes.
  ["$NAME $1 $(date) $[1] $ {NAME}", "$NAME $1 $(date) $[1] $ {NAME}"],
  ["$$NAME $${NAME} $$$$", "$NAME ${NAME} $$"],
  ["$$${NAME}", "$holdfast"],
  ["$", "$"],
  // Defaults: all of these are one to it.
  ["${NAME:-x} ${EMPTY:-x} ${MISSING:-x}", "holdfast x x"],
  ["${EMPTY:=x} ${EMPTY=x} ${EMPTY:?x} ${EMPTY:+x}", "x x x x"],
  ["${EMPTY:-}", ""],
  ["${EMPTY:-a ${NAME} b}", "a holdfast b"],
  ["${EMPTY:-${MISSING:-${OTHER}}}", "fast"],
  ["${EMPTY:-a$b$$c}", "a$b$c"],
  ["${EMPTY:-{}}", "{}"],
  // Case and length.
  ["${NAME^} ${NAME^^}", "Holdfast HOLDFAST"],
  ["${NAME^^} ${NAME,,} ${NAME,}", "HOLDFAST holdfast holdfast"],
  ["${#NAME} ${#MISSING}", "8 0"],
  // Parts.
  ["${NAME:4} ${NAME:0:4} ${NAME:4:99} ${NAME:99}", "fast hold fast "],
  ["${NAME:-4}", "holdfast"],
  ["${NAME: -4} ${NAME:x}", "holdfast holdfast"],
  // Patterns at an end: shortest and longest.
  ["${PATHS#*/}", "usr/local/bin/tool.tar.gz"],
  ["${PATHS##*/}", "tool.tar.gz"],
  ["${PATHS%.*}", "/usr/local/bin/tool.tar"],
  ["${PATHS%%.*}", "/usr/local/bin/tool"],
  ["${NAME#hold} ${NAME%fast} ${NAME#x} ${NAME%?}", "fast hold holdfast holdfas"],
  ["${NAME#[g-i]} ${NAME%[^a-s]}", "oldfast holdfas"],
  // Replacements are of plain text.
  ["${NAME/fast/slow} ${NAME/o/0} ${PATHS//l/L}", "holdslow h0ldfast /usr/LocaL/bin/tooL.tar.gz"],
  ["${NAME/#hold/s} ${NAME/%fast/s} ${NAME/#fast/s}", "sfast holds holdfast"],
  ["${NAME/hold/}", "fast"],
  ["${PATHS/\\/usr/}", "/local/bin/tool.tar.gz"],
  ["${NAME/hold/${OTHER}}", "fastfast"],
  ["${NAME/a/$&}", "holdf$&st"],
])("%j becomes %j", (text, expected) => {
  expect(expand(text)).toBe(expected);
});

describe("is refused", () => {
  test.each<[string, string, number]>([
    ["a ${NAME", '"${NAME" is no variable that can be substituted', 2],
    ["${}", 'a variable\'s name must follow "${"', 0],
    ["${ NAME}", 'a variable\'s name must follow "${"', 0],
    ["${names[@]}", '"${names[@]}" is no variable that can be substituted', 0],
    ["${NAME-x}", '"${NAME-x}" is no variable that can be substituted', 0],
    ["${!NAME}", 'a variable\'s name must follow "${"', 0],
    ["${NAME/a}", "a replacement needs a second /", 0],
    ["x\n${EMPTY:-${NAME}", '"${EMPTY:-${NAME}" is no variable that can be substituted', 2],
    ["${A:-".repeat(40), "variables are nested too deep", 160],
  ])("%j", (text, reason, offset) => {
    expect(expandEnv(text, () => "")).toEqual({ ok: false, reason, offset });
  });

  test("a text that grows without measure", () => {
    const result = expandEnv("${BIG}".repeat(1000), () => "x".repeat(10_000));
    expect(result).toMatchObject({ ok: false, reason: "the file grows too large with its variables" });
  });
});

test("a pattern of many stars costs no time", () => {
  const text = `\${A%%${"*a".repeat(40)}b}`;
  const started = ownMs();
  expandEnv(text, () => "a".repeat(2000));
  expect(ownMs() - started).toBeLessThan(10_000);
});
