import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subscription } from "@holdfast/rpc";
import { type Clock, systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogEvent } from "../../src/api/contract.ts";
import type { AppLog } from "../../src/logs/app-log.ts";
import { followLogs } from "../../src/logs/follow-logs.ts";
import type { LogSource } from "../../src/logs/instance-output.ts";
import { LogBook } from "../../src/logs/log-book.ts";

let directory = "";
let book: LogBook;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-follow-"));
  book = openBook(systemClock);
});
afterEach(() => {
  book.close();
  rmSync(directory, { recursive: true });
});

function openBook(clock: Clock): LogBook {
  return new LogBook(directory, clock, {
    puncher: { punch: async () => undefined, close: () => {} },
    space: () => undefined,
  });
}

/** A clock by which no line without an end has ever stood long enough to be shown. */
const neverStands: Clock = {
  ...systemClock,
  setTimeout: (fn, ms) => systemClock.setTimeout(fn, ms === 1_000 ? Number.POSITIVE_INFINITY : ms),
};

function source(name: string): LogSource & { readonly log: AppLog } {
  const key = { project: "shop", name, instance: 1 };
  const { log } = book.of(key);
  log.open();
  return { key, log };
}

/** A reader that can be made slow. */
class FakeReader implements Subscription<LogEvent> {
  readonly id = "1";
  readonly events: LogEvent[] = [];
  ended = false;
  isSlow = false;
  #onEnd: (() => void)[] = [];
  #drained = Promise.withResolvers<void>();

  get texts(): readonly string[] {
    return this.events.flatMap((event) => event.lines.map((line) => `${line.name}: ${line.text}`));
  }

  notify(event: LogEvent): boolean {
    this.events.push(event);
    return !this.isSlow;
  }

  drained(): Promise<void> {
    return this.isSlow ? this.#drained.promise : Promise.resolve();
  }

  drain(): void {
    this.isSlow = false;
    this.#drained.resolve();
  }

  onEnd(listener: () => void): void {
    this.#onEnd.push(listener);
  }

  end(): void {
    this.ended = true;
    for (const listener of this.#onEnd) listener();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (const limit = performance.now() + 15_000; !isSo(); ) {
    if (performance.now() > limit) throw new Error("not so after 15 s");
    await systemClock.sleep(5);
  }
}

async function write({ log }: LogSource, text: string): Promise<void> {
  appendFileSync(log.path, text);
  log.read(0);
  await systemClock.sleep(5);
}

test("lines of several logs come in the order of their times, then caughtUp, then what is written later", async () => {
  const [web, db] = [source("web"), source("db")];
  await write(db, "first\n");
  await write(web, "second\n");
  await write(db, "third\n");
  const reader = new FakeReader();
  const { done } = followLogs(reader, [web, db], {});
  await until(() => reader.events.some((event) => event.caughtUp === true));
  expect(reader.texts).toEqual(["db: first", "web: second", "db: third"]);
  appendFileSync(web.log.path, "later\n");
  await until(() => reader.texts.includes("web: later"));
  reader.end();
  await done;
});

test("a line that is written while the past is read comes once", async () => {
  const web = source("web");
  await write(web, Array.from({ length: 5_000 }, (_, line) => `${line}\n`).join(""));
  const reader = new FakeReader();
  reader.isSlow = true;
  const { done } = followLogs(reader, [web], {});
  appendFileSync(web.log.path, "meanwhile\n");
  reader.drain();
  await until(() => reader.texts.includes("web: meanwhile"));
  expect(reader.texts).toHaveLength(5_001);
  expect(new Set(reader.texts).size).toBe(5_001);
  reader.end();
  await done;
});

test("a slow reader is waited for, and nothing is read ahead of it", async () => {
  const web = source("web");
  await write(web, "x\n".repeat(10_000));
  const reader = new FakeReader();
  reader.isSlow = true;
  const { done } = followLogs(reader, [web], {});
  await until(() => reader.events.length > 0);
  await systemClock.sleep(50);
  expect(reader.events).toHaveLength(1);
  reader.drain();
  await until(() => reader.texts.length === 10_000);
  reader.end();
  await done;
});

test("a log that is added later is followed from its first line, once", async () => {
  const reader = new FakeReader();
  const { add, done } = followLogs(reader, [source("web")], {});
  await until(() => reader.events.length > 0);
  const late = source("late");
  appendFileSync(late.log.path, "hello\n");
  add(late);
  add(late);
  await until(() => reader.texts.includes("late: hello"));
  await systemClock.sleep(50);
  expect(reader.texts).toEqual(["late: hello"]);
  reader.end();
  await done;
});

test("the end of a reader ends all that was done for it", async () => {
  const reader = new FakeReader();
  const { done } = followLogs(reader, [source("a"), source("b")], {});
  await until(() => reader.events.length > 0);
  reader.end();
  await done;
});

test("a prompt is shown when it has stood for a second, once, and what follows is shown alone", async () => {
  const web = source("web");
  const reader = new FakeReader();
  const { done } = followLogs(reader, [web], {});
  await until(() => reader.events.length > 0);
  const asked = performance.now();
  await write(web, "before\nPassword: ");
  await until(() => reader.texts.includes("web: Password: "));
  expect(performance.now() - asked).toBeGreaterThan(900);
  await write(web, "\nwelcome\n");
  await write(web, "more?");
  await until(() => reader.texts.includes("web: more?"));
  await write(web, " yes\n");
  await until(() => reader.texts.includes("web:  yes"));
  expect(reader.texts).toEqual(["web: before", "web: Password: ", "web: welcome", "web: more?", "web:  yes"]);
  const flags = reader.events.flatMap(({ lines }) => lines.map(({ continues }) => continues));
  expect(flags).toEqual([undefined, true, undefined, true, undefined]);
  reader.end();
  await done;
});

test("what has no end when the app ends is shown at once, and the next run begins a line of its own", async () => {
  book.close();
  book = openBook(neverStands);
  const web = source("web");
  const reader = new FakeReader();
  const { done } = followLogs(reader, [web], {});
  await until(() => reader.events.length > 0);
  await write(web, "last words");
  web.log.settle();
  await until(() => reader.texts.includes("web: last words"));
  web.log.open();
  await write(web, "again\n");
  await until(() => reader.texts.includes("web: again"));
  expect(reader.texts).toEqual(["web: last words", "web: again"]);
  reader.end();
  await done;
});

test("only what is wanted comes, of what was there and of what is written later", async () => {
  const web = source("web");
  await write(web, 'ERROR one\nINFO two\n{"level":"fatal","msg":"three"}\n  at four\n');
  const reader = new FakeReader();
  const { done } = followLogs(reader, [web], { level: "warn", lines: 2 });
  await until(() => reader.events.some((event) => event.caughtUp === true));
  await write(web, "WARN five\nINFO six\nWARN seven\n");
  await until(() => reader.texts.includes("web: WARN seven"));
  const lines = reader.events.flatMap((event) => event.lines);
  expect(lines.map(({ text, level }) => [text, level])).toEqual([
    ["ERROR one", "error"],
    ['{"level":"fatal","msg":"three"}', "fatal"],
    ["WARN five", "warn"],
    ["WARN seven", "warn"],
  ]);
  expect(lines[1]?.fields).toEqual({ level: "fatal", msg: "three" });
  reader.end();
  await done;
});

test("what was let go before a reader took it is told", async () => {
  const web = source("web");
  const reader = new FakeReader();
  const { done } = followLogs(reader, [web], {});
  await until(() => reader.events.some((event) => event.caughtUp === true));
  reader.isSlow = true;
  await write(web, "first\n");
  await until(() => reader.texts.length === 1);
  await write(web, `${"x".repeat(99)}\n`.repeat(3_000));
  expect(web.log.letGo(200_000)).toBeGreaterThan(200_000 - 100);
  reader.drain();
  await until(() => reader.texts.length > 1_000);
  const bytes = web.log.firstOffset - 6;
  expect(reader.events.flatMap(({ skipped = [] }) => skipped)).toEqual([
    { project: "shop", name: "web", instance: 1, bytes },
  ]);
  reader.end();
  await done;
});

test("a query reads by text, time and offset, forwards and backwards", async () => {
  const [web, db] = [source("web"), source("db")];
  for (let page = 0; page < 10; page++) {
    await write(web, `web ${page} a\nweb ${page} b\n`);
    await write(db, `db ${page}\n`);
  }
  const texts = async (query: Parameters<LogBook["read"]>[1], sources: readonly LogSource[] = [web]) =>
    (await book.read(sources, query)).map(({ text }) => text);
  expect(await texts({ lines: 2 }, [web, db])).toEqual(["db 8", "web 9 a", "web 9 b", "db 9"]);
  expect(await texts({ text: " b", lines: 2 })).toEqual(["web 8 b", "web 9 b"]);
  expect(await texts({ text: "nothing" })).toEqual([]);
  const all = await book.read([web], {});
  const at = (index: number): number => all[index]?.offset ?? Number.NaN;
  expect(await texts({ after: at(3), lines: 2 })).toEqual(["web 2 a", "web 2 b"]);
  expect(await texts({ before: at(4), lines: 2 })).toEqual(["web 1 a", "web 1 b"]);
  expect(await texts({ before: 0, lines: 2 })).toEqual([]);
  expect(await texts({ after: at(19) })).toEqual([]);
  const time = (index: number): number => Date.parse(all[index]?.time ?? "");
  expect(await texts({ since: time(18) })).toEqual(["web 9 a", "web 9 b"]);
  expect(await texts({ until: time(18) - 1, lines: 1 })).toEqual(["web 8 b"]);
});
