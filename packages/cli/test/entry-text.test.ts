import type { LogLevel } from "@holdfast/daemon/api";
import { expect, test } from "vitest";
import { entryText } from "../src/terminal/entry-text.ts";
import { LogPrinter } from "../src/terminal/log-printer.ts";
import { makeStyle } from "../src/terminal/style.ts";
import { start } from "./app-row.ts";

test.each<[string, LogLevel | undefined, readonly string[]]>([
  ['{"level":30,"time":1,"pid":7,"hostname":"h","msg":"up","port":80}', "info", ["INFO  up  port=80"]],
  ['{"severity":"WARNING","message":"slow","ms":1200}', "warn", ["WARN  slow  ms=1200"]],
  ['{"level":"floor 3","msg":"lift"}', undefined, ['lift  level="floor 3"']],
  [
    '{"a":1,"b":{"c":[2]},"d":"two words","e":"","f":null}',
    undefined,
    ['a=1  b={"c":[2]}  d="two words"  e=""  f=null'],
  ],
  ["{}", undefined, [""]],
  [
    '{"level":50,"msg":"failed","err":{"type":"Error","message":"no db","stack":"Error: no db\\n    at x.js:1"}}',
    "error",
    ['ERROR failed  err="no db"', "  Error: no db", "      at x.js:1"],
  ],
  ['{"level":"error","message":"one\\ntwo"}', "error", ["ERROR one", "  two"]],
])("%s is read as %s", (text, level, expected) => {
  expect(entryText(JSON.parse(text), level, makeStyle(false))).toEqual(expected);
});

const format = { style: makeStyle(false), raw: false, isTerminal: true, prefix: true, timestamps: false };
const text = '{"level":40,"msg":"\\u001b]0;evil\\u0007slow\\nsecond"}';
const line = {
  project: "shop",
  name: "db",
  instance: 1,
  time: start,
  text,
  offset: 0,
  level: "warn",
  fields: JSON.parse(text),
} as const;
const sources = [{ project: "shop", name: "db", instances: 1 }];

test("T8: a structured line is laid out on a terminal and harmless there", () => {
  expect(new LogPrinter(sources, format).line(line)).toBe("db | WARN  slow\ndb |   second\n");
});

test.each([{ isTerminal: false }, { raw: true, prefix: false }])(
  "with %j a structured line is what was written",
  (over) => {
    expect(new LogPrinter(sources, { ...format, ...over }).line(line)).toContain(`${text}\n`);
  },
);

test("raw, what one program wrote comes out as it was, also where it was cut", () => {
  const cut = { ...line, text: "Password: ", continues: true } as const;
  expect(new LogPrinter(sources, { ...format, raw: true, prefix: false }).line(cut)).toBe("Password: ");
  expect(new LogPrinter(sources, { ...format, raw: true }).line(cut)).toBe("Password: \n");
});
