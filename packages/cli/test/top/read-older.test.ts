import type { LogLine, LogStream, Methods } from "@holdfast/daemon/api";
import { expect, test } from "vitest";
import type { Daemon } from "../../src/connection/local-daemon.ts";
import { readOlder } from "../../src/top/read-older.ts";

const target = { project: "shop", name: "web", instance: 1 };

/** Lines of ten bytes; `at` is when each was written. */
function linesOf(word: string, at: readonly number[], stream?: LogStream): readonly LogLine[] {
  return at.map((ms, index) => ({
    ...target,
    time: new Date(ms).toISOString(),
    text: `${word} ${index}`,
    offset: index * 10,
    ...(stream !== undefined && { stream }),
  }));
}

/** A daemon that has these logs, and refuses an offset that could be of either, as a real one does. */
function daemonWith(logs: readonly (readonly LogLine[])[]): Pick<Daemon, "call"> {
  const answers = {
    "logs.extent": () =>
      logs.map(([first]) => ({
        ...target,
        firstOffset: 0,
        endOffset: 0,
        ...(first?.stream !== undefined && { stream: first.stream }),
      })),
    "logs.read": ({ before = 0, lines = 0, stream }: Methods["logs.read"]["params"]) => {
      if (logs.length > 1 && stream === undefined) throw new Error("which stream?");
      const own = logs.find(([first]) => first?.stream === stream) ?? [];
      return own.filter(({ offset }) => offset < before).slice(-lines);
    },
  };
  return {
    call: async (method: keyof typeof answers, params: never) => answers[method](params),
  } as unknown as Pick<Daemon, "call">;
}

const range = (count: number, everyMs: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index * everyMs);

test.each([
  ["one log", [linesOf("both", range(3_500, 10))]],
  ["two logs", [linesOf("out", range(3_000, 10), "stdout"), linesOf("err", range(700, 47), "stderr")]],
  ["a stderr of long ago", [linesOf("out", range(2_500, 10), "stdout"), linesOf("err", [1, 2, 3], "stderr")]],
])("pages of %s join to all of it, in order", async (_, logs) => {
  const daemon = daemonWith(logs);
  const all = logs.flat().toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  let known = all.slice(-50);
  for (;;) {
    const older = await readOlder(daemon, target, known);
    if (older.length === 0) break;
    expect(older.length).toBeLessThanOrEqual(1_000);
    known = [...older, ...known];
  }
  expect(known.map(({ text }) => text)).toEqual(all.map(({ text }) => text));
});
