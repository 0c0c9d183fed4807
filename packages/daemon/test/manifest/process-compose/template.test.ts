import { describe, expect, test } from "vitest";
import {
  type Rendered,
  TemplateRenderer,
  type Variables,
} from "../../../src/manifest/process-compose/template-render.ts";

function renderTemplate(text: string, values: Variables): Rendered {
  return new TemplateRenderer().render(text, values);
}

const variables: Variables = new Map<string, Variables extends ReadonlyMap<string, infer V> ? V : never>([
  ["NAME", "web"],
  ["PORT", 8080],
  ["HALF", 0.5],
  ["ON", true],
  ["OFF", false],
  ["EMPTY", ""],
  ["NOTHING", null],
  ["LIST", ["a", 2]],
  ["MAP", new Map([["KEY", "deep"]])],
  ["Ünï_1", "letters"],
]);

test.each<[string, string]>([
  ["no braces { } }}", "no braces { } }}"],
  ["{{.NAME}}:{{ .PORT }}", "web:8080"],
  ["{{.HALF}} {{.ON}} {{.OFF}} {{.EMPTY}}|", "0.5 true false |"],
  ["{{.MAP.KEY}} {{.Ünï_1}}", "deep letters"],
  ["{{.LIST}} {{.MAP}}", "[a 2] map[KEY:deep]"],
  // Literals, the first of which is how braces are written.
  ['{{ "{{.State}}" }} {{`a"b`}} {{7}} {{true}}', '{{.State}} a"b 7 true'],
  ['{{"a\\"\\n\\\\b"}}', 'a"\n\\b'],
  ["a {{/* remark }} */}}b", "a b"],
  // White space.
  ["a {{- .NAME -}} b", "awebb"],
  // Choices.
  ["{{if .ON}}yes{{end}}{{if .OFF}}no{{end}}", "yes"],
  ["{{if .EMPTY}}a{{else}}b{{end}}", "b"],
  ["{{if .OFF}}a{{else if .NAME}}b{{else}}c{{end}}", "b"],
  ["{{if .ON}}{{if .OFF}}a{{else}}b{{end}}c{{end}}", "bc"],
  ["{{if .MISSING}}a{{else}}b{{end}}", "b"],
  ["{{if and .ON .NAME}}a{{end}}{{if or .OFF .EMPTY}}b{{end}}{{if not .OFF}}c{{end}}", "ac"],
  ['{{if eq .NAME "web"}}a{{end}}{{if eq .PORT 1 8080}}b{{end}}{{if ne .NAME "x"}}c{{end}}', "abc"],
  ["{{if gt .PORT 80}}a{{end}}{{if lt .PORT 80}}b{{end}}{{if le 1 1}}c{{end}}{{if ge 1 2}}d{{end}}", "ac"],
  ["{{if (and .ON (not .OFF))}}a{{end}}", "a"],
  // Values.
  ['{{or .EMPTY "fallback"}} {{and .NAME .PORT}} {{or .MISSING 123}}', "fallback 8080 123"],
  ['{{printf "%s-%02d-%v-%q" .NAME 5 .ON "x"}}', 'web-05-true-"x"'],
  ['{{print .NAME 1}} {{.NAME | printf "<%s>"}}', "web1 <web>"],
  ['{{len .NAME}} {{len .LIST}} {{index .LIST 1}} {{index .MAP "KEY"}}', "3 2 2 deep"],
])("%j becomes %j", (text, expected) => {
  expect(renderTemplate(text, variables)).toEqual({ text: expected, unknown: [] });
});

test.each([
  ["{{.MISSING}} {{ .State.Running }}", ["{{.MISSING}}", "{{ .State.Running }}"]],
  ["{{.NOTHING}}", ["{{.NOTHING}}"]],
  ["{{or .MISSING .NOTHING}}", ["{{or .MISSING .NOTHING}}"]],
])("%j stays as it is, and is told", (text, unknown) => {
  expect(renderTemplate(text, variables)).toEqual({ text, unknown });
});

describe("refuses", () => {
  test.each([
    ["{{.NAME", 'a "{{" is never closed'],
    ["{{range .LIST}}{{.}}{{end}}", '"range" is not supported in a template'],
    ["{{with .MAP}}{{end}}", '"with" is not supported in a template'],
    ['{{template "x"}}', '"template" is not supported in a template'],
    ["{{upper .NAME}}", 'the template function "upper" is not supported'],
    ["{{value}}", 'the template function "value" is not supported'],
    ["{{if .ON}}a", 'an "if" has no "end"'],
    ["a{{end}}", '"{{end}}" ends nothing'],
    ["{{if .ON}}a{{else}}b{{else}}c{{end}}d{{end}}", '"{{end}}" ends nothing'],
    ["{{(.NAME}}", 'a "(" is never closed'],
    ["{{.NAME | 5}}", 'only a function can follow a "|"'],
    ["{{}}", "a value is missing"],
    ["{{$x := 1}}", '"$x := 1" is not understood'],
    ["{{.NAME .PORT}}", '".NAME .PORT" is not understood'],
    ["a {{-.NAME}}", '"-.NAME" is not understood'],
    ["{{.a-b}}", '"-b" is not understood'],
    ['{{lt 1 "a"}}', '"lt" compares two numbers or two texts'],
    ["{{len 5}}", '"len" takes a text, a list or a map'],
    ['{{printf "%x" 5}}', `printf's "%x" is not supported`],
    [`${"{{if 1}}".repeat(60)}`, "the template is nested too deep"],
    [`{{${"(".repeat(60)}}}`, "the template is nested too deep"],
  ])("%j", (text, reason) => {
    expect(() => renderTemplate(text, variables)).toThrow(reason);
  });
});

test("all templates of a project together become at most so much text", () => {
  const renderer = new TemplateRenderer();
  const values: Variables = new Map([["BIG", "x".repeat(100_000)]]);
  const text = "{{.BIG}}".repeat(100);
  expect(renderer.render(text, values).text).toHaveLength(10_000_000);
  expect(() => renderer.render(text, values)).toThrow("the project's templates become too much text");
});
