// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template here is the format's own
import { expect, test } from "vitest";
import { formatProblem, ProblemList } from "../../../src/manifest/problem.ts";
import { parseGodotenv } from "../../../src/manifest/process-compose/parse-godotenv.ts";

function parse(text: string): { variables: Readonly<Record<string, string>>; problems: readonly string[] } {
  const problems = new ProblemList();
  const variables = parseGodotenv({ label: ".env", text }, { HOME: "/home/me", A: "caller" }, problems);
  return { variables: Object.fromEntries(variables), problems: problems.all.map(formatProblem) };
}

test.each<[string, string, Readonly<Record<string, string>>]>([
  ["plain values", "A=1\nB=two words\n", { A: "1", B: "two words" }],
  ["Windows line ends and a byte order mark", "\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
  ["comments and blank lines", "# one\n\n  # two\nA=1", { A: "1" }],
  ["a comment after a value", "A=1 # one\nB=2#two\nC=# three", { A: "1", B: "2#two", C: "" }],
  ["export, spaces and a colon", "export A = 1\n  B: 2", { A: "1", B: "2" }],
  ["an empty value", "A=\nB=2", { A: "", B: "2" }],
  ["names with dots and dashes", "a.b-c=1", { "a.b-c": "1" }],
  ["double quotes", 'A="b \\n c # \\"d\\""', { A: 'b \n c # "d"' }],
  ["single quotes", "A='b \\n $C'", { A: "b \\n $C" }],
  ["quotes over several lines", "A=\"b\nc\"\nD='e\nf'", { A: "b\nc", D: "e\nf" }],
  [
    "capital variables, the lines above first",
    "A=1\nB=$A ${A} ${HOME} $NONE.",
    { A: "1", B: "1 1 /home/me ." },
  ],
  ["other dollars as they are", "A=pa$word$ $5x \\$HOME $(date)", { A: "pa$word$ x $HOME $(date)" }],
  ["the last of a name", "A=1\nA=2", { A: "2" }],
])("reads %s", (_, text, variables) => {
  expect(parse(text)).toEqual({ variables, problems: [] });
});

test.each<[string, string, string]>([
  ["a line without =", "A=1\n  WRONG\n", ".env:2:3: this line is no KEY=value"],
  ["a name with a space", "A B=1", ".env:1:1: this line is no KEY=value"],
  ["an open quote", 'A=1\nB="x\ny', ".env:2:3: a quoted value is never closed"],
])("refuses %s", (_, text, problem) => {
  expect(parse(text).problems).toEqual([problem]);
});
