// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { parseDotenv, parseRawEnv } from "../../src/manifest/dotenv.ts";
import { formatProblem, ProblemList } from "../../src/manifest/problem.ts";

const caller: Readonly<Record<string, string>> = { CALLER: "from the caller" };

function parse(text: string, env: Readonly<Record<string, string>> = caller) {
  const problems = new ProblemList();
  const variables = parseDotenv("f.env", text, (name) => env[name], problems);
  return { variables: Object.fromEntries(variables), problems: problems.all.map(formatProblem) };
}

describe("values", () => {
  test.each([
    ["A=1", "1"],
    ["A = 1 ", "1"],
    ["A: 1", "1"],
    ["export A=1", "1"],
    ["  export   A  =  1", "1"],
    ["A=", ""],
    ["A=\n", ""],
    ["A=a b  # c # d", "a b"],
    ["A=a#b", "a#b"],
    ["A=#b", ""],
    ["A=# b", ""],
    ["A=x=y==", "x=y=="],
    ["A=''", ""],
    ['A=""', ""],
    ["A='$CALLER \\n # x'", "$CALLER \\n # x"],
    ["A='Let\\'s go!'", "Let's go!"],
    ['A="a\\nb\\t\\"c\\" \\\\ \\z"', 'a\nb\t"c" \\ \\z'],
    ['A="\\$CALLER $$CALLER"', "$CALLER $CALLER"],
    ['A="\\0101 \\\\0101 \\x41"', "A \\0101 \\x41"],
    ["A=$$x", "$x"],
    ["A='a\nb'\n", "a\nb"],
    ['A="a\n  b\n" # done', "a\n  b\n"],
    ["A=a\\nb", "a\\nb"],
    ["A=`x`", "`x`"],
    ['A={"x": "y"}', '{"x": "y"}'],
    ["A=$CALLER", "from the caller"],
    ['A="${NOBODY:-${CALLER}}"', "from the caller"],
    ["A=${NOBODY-x y}", "x y"],
    ["A=$NOBODY", ""],
    ["A=1\r\nB=2\r\n", "1"],
    ['A="x\r\ny"\r\n', "x\ny"],
    ["\uFEFFA=1", "1"],
    ["A=1\nA=2", "2"],
  ])("%j gives %j", (text, value) => {
    const { variables, problems } = parse(text);
    expect(problems).toEqual([]);
    expect(variables["A"]).toBe(value);
  });

  test("a name alone takes the caller's value, and is left out when the caller has none", () => {
    expect(parse("CALLER\nNOBODY\nexport CALLER").variables).toEqual({ CALLER: "from the caller" });
    expect(parse("A=1\nCALLER").variables).toEqual({ A: "1", CALLER: "from the caller" });
  });

  test("lines above are seen, and the caller goes before them", () => {
    expect(parse("B=1\nA=$B-$CALLER\nCALLER=file\nC=$CALLER").variables).toEqual({
      B: "1",
      A: "1-from the caller",
      CALLER: "file",
      C: "from the caller",
    });
  });

  test("a name such as __proto__ is only a name", () => {
    expect(Object.keys(parse("__proto__=1").variables)).toEqual(["__proto__"]);
  });

  test("a name that begins with export is no export", () => {
    expect(parse("exported=1\nexport=2").variables).toEqual({ exported: "1", export: "2" });
  });
});

describe("mistakes", () => {
  test.each([
    ["A=1\nTWO WORDS\nB=2", 'f.env:2:4: a name cannot contain a space: "TWO WORDS"'],
    ["TWO WORDS=1", 'f.env:1:4: a name cannot contain a space: "TWO WORDS"'],
    ["A=1\nB=\0", "f.env:2:3: this is no text: it holds a NUL"],
    ["=1", "f.env:1:1: this line is no KEY=value"],
    ["A=1\n\n  a%b=1", "f.env:3:4: this line is no KEY=value"],
    ["A=1\nB='x\ny", "f.env:2:3: a quoted value is never closed"],
    ['A=1\nB="x\\"', "f.env:2:3: a quoted value is never closed"],
    ["A='x'y\nB=1", "f.env:1:6: there is more text after the closing quote"],
    ["A=pa$1", 'f.env:1:5: a "$" begins no variable (put the value into single quotes, or write $$ for a $)'],
    ["A=${X:?set X}", "f.env:1:3: the variable X is required: set X"],
  ])("%j is refused with its place", (text, problem) => {
    expect(parse(text).problems).toEqual([problem]);
  });

  test("a megabyte of anything is read in no time", () => {
    const started = ownMs();
    for (const text of [
      "A=1\n".repeat(250_000),
      '"'.repeat(1e6),
      `A="${"\\n".repeat(500_000)}"`,
      " ".repeat(1e6),
    ])
      parse(text);
    for (const text of [
      `A=${" ".repeat(1e6)}x`,
      "#".repeat(1e6),
      "a b\n".repeat(250_000),
      "=\n".repeat(500_000),
    ])
      parse(text);
    expect(ownMs() - started).toBeLessThan(4000);
  });
});

test("the raw format takes everything after the first = as it is", () => {
  const text = "\uFEFFA='1' # x\r\nB=$A=\n# c\n\nCALLER\nNOBODY\n  C = d\n";
  expect(Object.fromEntries(parseRawEnv(text, (name) => caller[name]))).toEqual({
    A: "'1' # x",
    B: "$A=",
    CALLER: "from the caller",
    "C ": " d",
  });
});

const vectors = new URL("../../../../../shared/vectors/", import.meta.url);
const numbers = { OPTION_A: "1", OPTION_B: "2", OPTION_C: "3", OPTION_D: "4", OPTION_E: "5" };
const expected: Readonly<Record<string, Readonly<Record<string, string>> | RegExp>> = {
  "compose/dotenv/fixtures/equals.env": { OPTION_A: "postgres://localhost:5432/database?sslmode=disable" },
  "compose/dotenv/fixtures/exported.env": { OPTION_A: "2", OPTION_B: "\\n" },
  "compose/dotenv/fixtures/inherited-multi-var.env": {
    foo: "bar",
    bar: "baz",
    VAR_TO_BE_LOADED_FROM_OS_ENV: "os",
  },
  "compose/dotenv/fixtures/inherited-not-found.env": {},
  "compose/dotenv/fixtures/inherited-single-var.env": { VAR_TO_BE_LOADED_FROM_OS_ENV: "os" },
  "compose/dotenv/fixtures/invalid1.env": /^f\.env:7:8: a name cannot contain a space/,
  "compose/dotenv/fixtures/plain.env": {
    ...numbers,
    "456": "ABC",
    OPTION_F: "",
    OPTION_G: "",
    OPTION_H: "my string",
  },
  "compose/dotenv/fixtures/quoted.env": {
    OPTION_A: "1",
    OPTION_B: "2",
    OPTION_C: "",
    OPTION_D: "\\n",
    OPTION_E: "1",
    OPTION_F: "2",
    OPTION_G: "",
    OPTION_H: "\n",
    OPTION_I: "echo 'asd'",
    OPTION_J: "first line\nsecond line\nthird line\nand so on",
    OPTION_K: "Let's go!",
    OPTION_Z: "last value",
  },
  "compose/dotenv/fixtures/special.env": {
    "VAR.WITH.DOTS": "dots",
    VAR_WITH_UNDERSCORES: "underscores",
    "VAR-WITH-DASHES": "dashes",
  },
  "compose/dotenv/fixtures/custom.format": { FOO: "BAR", ZOT: "QIX" },
  "compose/dotenv/fixtures/substitutions-default.env": {
    OPTION_A: "1",
    OPTION_B: "1",
    OPTION_C: "1",
    OPTION_D: "1_1",
    OPTION_E: "",
  },
  "compose/dotenv/fixtures/substitutions.env": {
    OPTION_A: "1",
    OPTION_B: "1",
    OPTION_C: "1",
    OPTION_D: "1_1",
    OPTION_E: "",
  },
  "compose/dotenv/fixtures/unquoted.env": {
    OPTION_A: "some quoted phrase",
    OPTION_B: "first one with an unquoted phrase",
    OPTION_C: "then another one with an unquoted phrase",
    OPTION_D: "then another one with an unquoted phrase special è char",
    OPTION_E: "then another one quoted phrase",
  },
  "compose/dotenv/fixtures/utf8-bom.env": {
    ...numbers,
    "456": "ABC",
    OPTION_F: "",
    OPTION_G: "",
    OPTION_H: "my string",
  },
  "dotenv/bom.env": { BASIC: "basic", SECOND: "two" },
};

describe.skipIf(!existsSync(vectors))("the public fixtures", () => {
  test.each(Object.entries(expected))("%s", (path, wanted) => {
    const { variables, problems } = parse(readFileSync(new URL(path, vectors), "utf8"), {
      VAR_TO_BE_LOADED_FROM_OS_ENV: "os",
    });
    if (wanted instanceof RegExp) expect(problems).toEqual([expect.stringMatching(wanted)]);
    else expect([problems, variables]).toEqual([[], wanted]);
  });

  test("each Compose fixture is judged", () => {
    for (const name of readdirSync(new URL("compose/dotenv/fixtures/", vectors))) {
      expect(expected).toHaveProperty([`compose/dotenv/fixtures/${name}`]);
    }
  });

  // Files of another dialect: what Compose's rules make of them, backticks being no quotes.
  test("dotenv/basic.env", () => {
    const text = readFileSync(new URL("dotenv/basic.env", vectors), "utf8");
    const { variables, problems } = parse(text, {});
    expect(problems).toEqual([]);
    expect(variables).toMatchObject({
      BASIC: "basic",
      AFTER_LINE: "after_line",
      EMPTY_BACKTICKS: "``",
      SINGLE_QUOTES_SPACED: "    single quotes    ",
      DOUBLE_QUOTES_INSIDE_SINGLE: 'double "quotes" work inside single quotes',
      DOUBLE_QUOTES_WITH_NO_SPACE_BRACKET: "{ port: }",
      EXPAND_NEWLINES: "expand\nnew\nlines",
      DONT_EXPAND_UNQUOTED: "dontexpand\\nnewlines",
      DONT_EXPAND_SQUOTED: "dontexpand\\nnewlines",
      INLINE_COMMENTS: "inline comments",
      INLINE_COMMENTS_DOUBLE_QUOTES: "inline comments outside of #doublequotes",
      INLINE_COMMENTS_SPACE: "inline comments start with a#number sign. no space required.",
      EQUAL_SIGNS: "equals==",
      RETAIN_INNER_QUOTES: '{"foo": "bar"}',
      TRIM_SPACE_FROM_UNQUOTED: "some spaced out string",
      USERNAME: "therealnerdybeast@example.tld",
      SPACED_KEY: "parsed",
      EXPORT_IS_DECLARED_WITH_SOME_VALUE_AND_SPACING: "some_value",
    });
    expect(variables).not.toHaveProperty("COMMENTS");
  });

  test("dotenv/multiline.env", () => {
    const text = readFileSync(new URL("dotenv/multiline.env", vectors), "utf8").replace(
      /^MULTI_BACKTICKED=`[^`]*`$/m,
      "",
    );
    const { variables, problems } = parse(text, {});
    expect(problems).toEqual([]);
    expect(variables["MULTI_DOUBLE_QUOTED"]).toBe("THIS\nIS\nA\nMULTILINE\nSTRING");
    expect(variables["MULTI_SINGLE_QUOTED"]).toBe("THIS\nIS\nA\nMULTILINE\nSTRING");
    expect(variables["MULTI_PEM_DOUBLE_QUOTED"]).toMatch(
      /^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----$/,
    );
  });
});
