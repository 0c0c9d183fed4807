import { systemClock } from "@holdfast/runtime";
import { afterEach, expect, test } from "vitest";
import type { LogStream, Target } from "../../src/api/contract.ts";
import { knownLogs, queriedLogs } from "../../src/api/queried-logs.ts";
import type { LogSource } from "../../src/logs/instance-output.ts";
import { LogBook } from "../../src/logs/log-book.ts";

// Nothing of it is written: that an app is split is known before its first line.
const book = new LogBook("/nowhere/apps", systemClock);
afterEach(() => book.close());

/** `web` tells its streams apart, `db` does not, and there is nothing else. */
function find(targets: readonly Target[], stream?: LogStream): readonly LogSource[] {
  return targets.flatMap(({ name = "" }) => {
    if (name !== "web" && name !== "db") throw new Error(`there is no ${name}`);
    return book.of({ project: "shop", name, instance: 1 }).sources(name === "web" || undefined, stream);
  });
}
const targets = (...names: readonly string[]) => names.map((name) => ({ project: "shop", name }));
const found = (sources: readonly LogSource[]) =>
  sources.map(({ key, stream }) => `${key.name} ${stream ?? "both"}`);

test("without a stream all logs are meant, with one those that have it", () => {
  const both = targets("web", "db");
  expect(found(queriedLogs(find, { targets: both }))).toEqual(["web stdout", "web stderr", "db both"]);
  expect(found(queriedLogs(find, { targets: both, stream: "stderr" }))).toEqual(["web stderr"]);
  expect(queriedLogs(find, { targets: [], stream: "stderr" })).toEqual([]);
});

test("a stream of apps that tell none apart is refused, with what to do", () => {
  expect(() => queriedLogs(find, { targets: targets("db"), stream: "stdout" })).toThrow(
    expect.objectContaining({
      code: "LOG_NOT_SPLIT",
      message: expect.stringMatching(/^db writes .* set log: \{ split: true \}/),
    }),
  );
});

test("an offset is refused where it could be one of either stream", () => {
  for (const place of [{ after: 5 }, { before: 5 }]) {
    expect(() => queriedLogs(find, { targets: targets("web"), ...place })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining('give "stream"') }),
    );
    const one = queriedLogs(find, { targets: targets("web"), stream: "stderr", ...place });
    expect(found(one)).toEqual(["web stderr"]);
    expect(found(queriedLogs(find, { targets: targets("db"), ...place }))).toEqual(["db both"]);
  }
});

test("what is gone is left out of what is known", () => {
  expect(found(knownLogs(find, { targets: targets("gone", "db") }))).toEqual(["db both"]);
  expect(() => queriedLogs(find, { targets: targets("gone") })).toThrow();
});
