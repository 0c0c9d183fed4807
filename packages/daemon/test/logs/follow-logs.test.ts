import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subscription } from "@holdfast/rpc";
import { systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogEvent } from "../../src/api/contract.ts";
import type { AppLog } from "../../src/logs/app-log.ts";
import { followLogs } from "../../src/logs/follow-logs.ts";
import { LogBook, type LogSource } from "../../src/logs/log-book.ts";

let directory = "";
let book: LogBook;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-follow-"));
  book = new LogBook(directory, systemClock);
});
afterEach(() => {
  book.close();
  rmSync(directory, { recursive: true });
});

function source(name: string): LogSource & { readonly log: AppLog } {
  const key = { project: "shop", name, instance: 1 };
  const log = book.of(key);
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
