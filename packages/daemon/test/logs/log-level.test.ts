import { expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { isAtLeast, type LogLevel, levelOf } from "../../src/logs/log-level.ts";
import { structuredFields } from "../../src/logs/structured-line.ts";

test.each<[string, LogLevel | undefined]>([
  // Structured: pino and bunyan, winston, zap, Python, Google Cloud, GELF, Serilog.
  ['{"level":30,"time":1532081790750,"pid":1,"hostname":"h","msg":"hello"}', "info"],
  ['{"level":10,"msg":"x"}', "trace"],
  ['{"level":20,"msg":"x"}', "debug"],
  ['{"level":40,"msg":"x"}', "warn"],
  ['{"level":50,"msg":"x"}', "error"],
  ['{"level":60,"msg":"x"}', "fatal"],
  ['{"level":35,"msg":"between two"}', "info"],
  ['{"level":"warn","message":"x"}', "warn"],
  ['{"level":"silly","message":"x"}', "trace"],
  ['{"level":"verbose","message":"x"}', "debug"],
  ['{"level":"dpanic","ts":1.5,"msg":"x"}', "fatal"],
  ['{"levelname":"CRITICAL","message":"x"}', "fatal"],
  ['{"severity":"NOTICE","message":"x"}', "info"],
  ['{"severity":"WARNING"}', "warn"],
  ['{"lvl":"eror","msg":"log15"}', "error"],
  ['{"log.level":"error","message":"ECS"}', "error"],
  ['{"@level":"Information","@m":"x"}', "info"],
  ['{"short_message":"x","level":3}', "error"],
  ['{"level":"50"}', "error"],
  ['{"level":null,"severity":"error"}', "error"],
  ['{"level":"floor 3"}', undefined],
  ['{"msg":"ERROR is only in the message"}', undefined],
  // Words near the beginning.
  ["ERROR something broke", "error"],
  ["error: something broke", "error"],
  ["Error: Cannot find module 'x'", "error"],
  ["[warn] careful", "warn"],
  ["[WARNING] careful", "warn"],
  ["(debug) x", "debug"],
  ["<3>kernel says", "error"],
  ["<13>with a facility", "info"],
  ["2026-11-21T06:55:29.158Z INFO ready", "info"],
  ["2026-11-21 06:55:29,158 - app.db - ERROR - no such table", "error"],
  ["2026/11/21 06:55:29 [error] 12#12: *1 open() failed", "error"],
  ["[2026-11-21 06:55:29] [12] [CRITICAL] WORKER TIMEOUT", "fatal"],
  ["I1121 06:55:29.158123       1 server.go:12] up", "info"],
  ["E1121 06:55:29.158123       1 server.go:12] down", "error"],
  ["time=2026-11-21T06:55:29Z level=warning msg=x", "warn"],
  ['ts=1 lvl="error" msg=x', "error"],
  ["npm ERR! code ELIFECYCLE", "error"],
  ["npm WARN deprecated x", "warn"],
  ["WARNING:root:careful", "warn"],
  ["\u001b[33mWARN\u001b[39m colours around it", "warn"],
  ["\u001b[32m INFO\u001b[0m \u001b[2mapp\u001b[0m: ready", "info"],
  ["06:55:29 | DEBUG | x", "debug"],
  ["postgres 2026-11-21 06:55:29 UTC [12] FATAL:  role does not exist", "fatal"],
  // Not levels.
  ["no error was found", undefined],
  ["please read the next INFO page", undefined],
  ["information is power", undefined],
  ["GET /error 200", undefined],
  ["http: listening", undefined],
  ["default: x", undefined],
  ["", undefined],
  ["{ERROR", undefined],
])("the level of %j is %s", (text, level) => {
  expect(levelOf(text)).toBe(level);
});

test("a line that says nothing counts as info", () => {
  expect(isAtLeast(undefined, "info")).toBe(true);
  expect(isAtLeast(undefined, "warn")).toBe(false);
  expect(isAtLeast("fatal", "warn")).toBe(true);
  expect(isAtLeast("debug", "debug")).toBe(true);
});

test("only an object is structured, and one that nobody could write out again is only text", () => {
  expect(structuredFields('{"a":{"b":[1]}}\r')).toEqual({ a: { b: [1] } });
  for (const text of [
    "[1]",
    "1",
    '"x"',
    "{",
    '{"a":}',
    "{}x",
    `{"a":${"[".repeat(1e4)}${"]".repeat(1e4)}}`,
  ]) {
    expect(structuredFields(text)).toBeUndefined();
  }
});

test("T7: no line keeps the search for its level busy", () => {
  const hard = [" ".repeat(65_536), "[".repeat(65_536), "a ".repeat(32_768), "{".repeat(65_536)];
  const deep = `{"a":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}}`;
  const started = ownMs();
  for (const text of [...hard, deep, `level=${"a".repeat(65_536)}`]) levelOf(text);
  expect(ownMs() - started).toBeLessThan(300);
});
