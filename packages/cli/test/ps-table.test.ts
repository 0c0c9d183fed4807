import { expect, test } from "vitest";
import { ageText } from "../src/terminal/age.ts";
import { psTable } from "../src/terminal/ps-table.ts";
import { makeStyle } from "../src/terminal/style.ts";
import { appRow, start } from "./app-row.ts";

const now = Date.parse(start) + 192_000;
const table = (apps: Parameters<typeof psTable>[0], width?: number): string[] =>
  psTable(apps, { style: makeStyle(false), now, ...(width !== undefined && { width }) });

test("columns are aligned, and each state says what is to be said of it", () => {
  const apps = [
    appRow({ name: "db", health: "healthy" }),
    appRow({
      name: "web",
      state: "starting",
      pid: null,
      ready: false,
      waitingFor: [{ app: "db", condition: "service_healthy" }],
    }),
    appRow({
      name: "worker",
      state: "backoff",
      pid: null,
      restarts: 2,
      exit: { code: 1, signal: null },
      next: new Date(now + 4_000).toISOString(),
    }),
    appRow({ name: "migrate", state: "completed", pid: null, exit: { code: 0, signal: null } }),
    appRow({ name: "broken", state: "failed", pid: null, lastError: "sh: no such file\nat all" }),
    appRow({ name: "killed", state: "stopped", pid: null, exit: { code: null, signal: "SIGKILL" } }),
    appRow({ name: "report", state: "stopped", pid: null, next: new Date(now + 90_000).toISOString() }),
    appRow({ name: "slow", ready: false }),
  ];
  expect(table(apps)).toEqual([
    "NAME     STATE      HEALTH      PID  RESTARTS  SINCE  DETAIL",
    "db       running    healthy    4711         0  3m12s",
    "web      starting   -             -         0  3m12s  waits for db (healthy)",
    "worker   backoff    -             -         2  3m12s  exit 1, restart 2 in 4s",
    "migrate  completed  -             -         0  3m12s  exit 0",
    "broken   failed     -             -         0  3m12s  sh: no such file at all",
    "killed   stopped    -             -         0  3m12s  SIGKILL",
    "report   stopped    -             -         0  3m12s  next run in 1m30s",
    "slow     running    not ready  4711         0  3m12s",
  ]);
});

test("instances have numbers where there are several, and projects a column", () => {
  const apps = [
    appRow({ name: "web", instance: 1 }),
    appRow({ name: "web", instance: 2 }),
    appRow({ name: "web", project: "blog" }),
  ];
  expect(table(apps)).toEqual([
    "PROJECT  NAME   STATE    HEALTH   PID  RESTARTS  SINCE",
    "shop     web.1  running  -       4711         0  3m12s",
    "shop     web.2  running  -       4711         0  3m12s",
    "blog     web    running  -       4711         0  3m12s",
  ]);
});

test("a terminal of 80 columns is not exceeded", () => {
  const lines = table(
    [appRow({ name: "web", state: "failed", pid: 1_234_567, lastError: "x".repeat(200) })],
    80,
  );
  expect(Math.max(...lines.map((line) => line.length))).toBe(80);
  expect(lines[1]).toMatch(/x…$/);
});

test("an error with escape sequences reaches the table without them", () => {
  expect(table([appRow({ name: "web", state: "failed", lastError: "\u001b[2Jboom" })])[1]).toMatch(
    / {2}boom$/,
  );
});

test("colours do not shift columns", () => {
  const apps = [appRow({ name: "db", health: "healthy" }), appRow({ name: "worker", state: "failed" })];
  const coloured = psTable(apps, { style: makeStyle(true), now });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them.
  expect(coloured.map((line) => line.replace(/\u001b\[\d+m/g, "").trimEnd())).toEqual(table(apps));
  expect(coloured.join("")).toContain("\u001b[31mfailed\u001b[0m");
});

test.each([
  [-5, "0.0s"],
  [400, "0.4s"],
  [12_900, "12s"],
  [192_000, "3m12s"],
  [7_500_000, "2h05m"],
  [273_600_000, "3d4h"],
])("%i ms are %s", (ms, text) => {
  expect(ageText(ms)).toBe(text);
});
