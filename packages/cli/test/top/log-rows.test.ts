import type { LogLine } from "@holdfast/daemon/api";
import { expect, test } from "vitest";
import { makeStyle } from "../../src/terminal/style.ts";
import { logRows } from "../../src/top/log-rows.ts";

const line: LogLine = {
  ...{ project: "shop", name: "web", instance: 1, offset: 0 },
  time: "2030-01-31T12:00:00.000Z",
  text: "connection to the queue was lost",
};
const rows = (over: Partial<LogLine>, columns = 80): readonly string[] =>
  logRows({ ...line, ...over }, columns, makeStyle(false)).map((row) => row.replace(/^\d\d:/, ""));

test("a line of stderr has a sign behind its time, where that is known", () => {
  expect(rows({})).toEqual(["00:00.000 connection to the queue was lost"]);
  expect(rows({ stream: "stdout" })).toEqual(rows({}));
  expect(rows({ stream: "stderr" })).toEqual(["00:00.000 ! connection to the queue was lost"]);
});

test("what is laid out over several rows stands below itself", () => {
  const fields = { level: "error", msg: "one\ntwo" };
  const [first = "", second = ""] = rows({
    stream: "stderr",
    text: JSON.stringify(fields),
    fields,
    level: "error",
  });
  expect(first).toBe("00:00.000 ! ERROR one");
  expect(second).toMatch(/^ {15,}two$/);
});
