import { expect, test } from "vitest";
import { appColours } from "../src/terminal/app-colours.ts";
import { type LogFormat, LogPrinter } from "../src/terminal/log-printer.ts";
import { makeStyle, wantsColour } from "../src/terminal/style.ts";
import { start } from "./app-row.ts";

const sources = [
  { project: "shop", name: "db", instances: 1 },
  { project: "shop", name: "web", instances: 12 },
];
const format: LogFormat = {
  style: makeStyle(false),
  raw: false,
  isTerminal: false,
  prefix: true,
  timestamps: false,
};
const line = (name: string, text: string, instance = 1) => ({
  project: "shop",
  name,
  instance,
  time: start,
  text,
  offset: 0,
});

test("names are aligned, and instances told apart where there are several", () => {
  const printer = new LogPrinter(sources, format);
  expect(printer.line(line("db", "ready"))).toBe("db     | ready\n");
  expect(printer.line(line("web", "hello", 2))).toBe("web.2  | hello\n");
  expect(printer.line(line("web", "", 12))).toBe("web.12 | \n");
});

test("lines of stderr have a sign of their own, also where they go on", () => {
  const err = { ...line("db", "gone"), stream: "stderr" as const };
  expect(new LogPrinter(sources, format).line(err)).toBe("db     ! gone\n");
  const narrow = new LogPrinter(sources, { ...format, isTerminal: true, columns: () => 40 });
  expect(narrow.line({ ...err, text: "one two three four five six seven eight nine" })).toMatch(
    /^db {5}! .*\n {7}! .*\n$/,
  );
});

test("several projects are told apart", () => {
  const printer = new LogPrinter([...sources, { project: "blog", name: "db", instances: 1 }], format);
  expect(printer.line(line("db", "ready"))).toBe("shop/db     | ready\n");
});

test("a terminal gets no escape sequence but colours, a pipe gets what was written", () => {
  const evil = "\u001b]0;evil\u0007\u001b[31mred";
  const onTerminal = new LogPrinter(sources, { ...format, isTerminal: true, style: makeStyle(true) });
  expect(onTerminal.line(line("db", evil))).toContain("|\u001b[0m \u001b[31mred\u001b[0m\n");
  const withoutColour = new LogPrinter(sources, { ...format, isTerminal: true });
  expect(withoutColour.line(line("db", evil))).toBe("db     | red\n");
  expect(new LogPrinter(sources, format).line(line("db", evil))).toBe(`db     | ${evil}\n`);
  const raw = new LogPrinter(sources, { ...format, isTerminal: true, raw: true });
  expect(raw.line(line("db", evil))).toBe(`${evil}\n`);
});

test("a time of day stands before each line if asked for", () => {
  const printer = new LogPrinter(sources, { ...format, timestamps: true });
  expect(printer.line(line("db", "ready"))).toMatch(/^db {5}\| \d\d:\d\d:00\.000 ready\n$/);
});

test("an app keeps its colour from one run to the next, and neighbours differ", () => {
  const names = ["web", "db", "worker", "migrate", "report"];
  const colours = appColours(names);
  expect(appColours([...names].reverse())).toEqual(colours);
  expect(new Set(colours.values()).size).toBe(names.length);
  expect(appColours(Array.from({ length: 100 }, (_, index) => `app${index}`)).size).toBe(100);
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [true, { TERM: "dumb" }, false],
])("a terminal %s with %j has colours: %s", (isTerminal, variables, expected) => {
  expect(wantsColour(isTerminal, variables)).toBe(expected);
});
