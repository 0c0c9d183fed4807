import { expect, test } from "vitest";
import { parseForemanEnv } from "../../../src/manifest/procfile/foreman-env.ts";

test.each<[string, string, Readonly<Record<string, string>>]>([
  ["a plain value", "A=b", { A: "b" }],
  ["several lines of either end", "A=1\r\nB=2\nC=3", { A: "1", B: "2", C: "3" }],
  ["an equals sign in a value", "URL=http://x?a=1&b=2", { URL: "http://x?a=1&b=2" }],
  ["an empty value", "A=", { A: "" }],
  ["a hash as part of the value", "A=b # c", { A: "b # c" }],
  ["spaces as part of the value", "A= b ", { A: " b " }],
  ["single quotes as literal", "A='b\\n\"c\"'", { A: 'b\\n"c"' }],
  ["double quotes with line ends and escapes", 'A="b\\nc\\"d\\\\"', { A: 'b\nc"d\\' }],
  ["a dollar as a dollar", "A=$HOME", { A: "$HOME" }],
  ["one quote as a character", "A='b", { A: "'b" }],
  ["the last of a name", "A=1\nA=2", { A: "2" }],
  ["no export, no comment, no spaced or dashed name", "export A=1\n#B=2\nC =3\nD-E=4\n F=5", {}],
])("reads %s", (_, text, expected) => {
  expect(Object.fromEntries(parseForemanEnv(text))).toEqual(expected);
});
