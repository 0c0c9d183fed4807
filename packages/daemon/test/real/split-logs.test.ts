import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Subscription } from "@holdfast/rpc";
import { afterEach, expect, test } from "vitest";
import type { LogEvent, LogLine } from "../../src/api/contract.ts";
import { followLogs } from "../../src/logs/follow-logs.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { processesWith, type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const mark = `HOLDFAST_TEST=${randomUUID()}`;
const environment = { PATH: process.env["PATH"] ?? "", HOLDFAST_TEST: mark.split("=")[1] ?? "" };
let real: RealDaemon | undefined;
afterEach(async () => {
  await real?.end();
  real = undefined;
  expect(processesWith(mark)).toEqual([]);
});

const targets = [{ project: "shop", name: "web" }];
const script = (text: string) => ({
  command: { kind: "exec", argv: [process.execPath, "-e", text] } as const,
  environment,
});

/** Takes what comes. */
class Taker implements Subscription<LogEvent> {
  readonly id = "1";
  readonly lines: LogLine[] = [];
  skipped = 0;
  ended = false;
  #onEnd: (() => void)[] = [];

  notify({ lines, skipped = [] }: LogEvent): boolean {
    this.lines.push(...lines);
    this.skipped += skipped.length;
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  onEnd(listener: () => void): void {
    this.#onEnd.push(listener);
  }

  end(): void {
    this.ended = true;
    for (const listener of this.#onEnd) listener();
  }
}

/**
 * 100 bytes a line, to both streams, up to the number in a file: so much is never unread that a bounded log could not keep
 * it. In another file is how far it came.
 */
const writer = (go: string, at: string) =>
  script(`
  const { readFileSync, writeFileSync, writeSync } = require("node:fs");
  let number = 0;
  setInterval(() => {
    const to = Number(readFileSync(${JSON.stringify(go)}, "utf8"));
    if (number >= to) return;
    for (; number < to; number++) {
      writeSync(1, ("out " + number + " ").padEnd(99, "o") + "\\n");
      if (number % 2 === 0) writeSync(2, ("err " + number + " ").padEnd(99, "e") + "\\n");
    }
    writeFileSync(${JSON.stringify(at)}, String(number));
  }, 5);
`);

test("no line of either stream is lost or comes twice while logs are cut and the daemon is killed and back", async () => {
  real = await realDaemon({ bounded: true });
  const [go, at] = [join(real.directory, "go"), join(real.directory, "at")];
  writeFileSync(go, "0");
  const wrote = async (number: number): Promise<void> => {
    await until(
      () => existsSync(at) && readFileSync(at, "utf8") === String(number),
      () => `${number} lines`,
      30_000,
    );
  };
  const logKeep = { maxBytes: 128 * 1024 };
  real.daemon.apply(projectSpec([appSpec("web", { ...writer(go, at), logSplit: true, logKeep })]));
  const taken: LogLine[] = [];
  let skipped = 0;
  for (let life = 1; life <= 4; life++) {
    const takers = (["stdout", "stderr"] as const).map((stream) => {
      const after = taken.findLast((line) => line.stream === stream)?.offset;
      const taker = new Taker();
      const sources = real?.daemon.logSources(targets, stream) ?? [];
      const { done } = followLogs(taker, sources, after === undefined ? {} : { after });
      return { taker, done };
    });
    // More than both logs may keep, a little at a time while it is read.
    for (let number = life * 1_000 - 700; number <= life * 1_000; number += 100) {
      writeFileSync(go, String(number));
      const hasAll = (): boolean =>
        takers.every(({ taker }) => taker.lines.some(({ text }) => Number(text.split(" ")[1]) >= number - 2));
      await until(hasAll, () => `${number} of ${takers.map(({ taker }) => taker.lines.length)}`, 30_000);
    }
    if (life < 4) {
      await real.abandon();
      // Nobody watches while that is written.
      writeFileSync(go, String(life * 1_000 + 200));
      await wrote(life * 1_000 + 200);
    }
    for (const { taker, done } of takers) {
      taker.end();
      await done;
      taken.push(...taker.lines);
      skipped += taker.skipped;
    }
    if (life < 4) real = await realDaemon({ directory: real.directory, bounded: true });
  }
  const numbers = (word: string): readonly number[] =>
    taken.filter(({ text }) => text.startsWith(word)).map(({ text }) => Number(text.split(" ")[1]));
  expect(skipped).toBe(0);
  expect(numbers("out")).toEqual(Array.from({ length: 4_000 }, (_, index) => index));
  expect(numbers("err")).toEqual(Array.from({ length: 2_000 }, (_, index) => 2 * index));
  for (const { text, stream } of taken) expect(stream).toBe(text.startsWith("err") ? "stderr" : "stdout");
  // The logs were cut meanwhile, both together within their bound and what may be there until the next cut.
  const sources = real.daemon.logSources(targets);
  const kept = (): number => sources.reduce((sum, { log }) => sum + log.keptBytes, 0);
  await until(
    () => kept() <= (128 + 2 * 64 + 1) * 1_024,
    () => `${kept()} bytes`,
  );
  expect(sources.map(({ log }) => log.firstOffset > 0)).toEqual([true, true]);
});

test("a line that makes an app ready is found on stderr, also by a daemon that comes later", async () => {
  const text = `process.stdout.write("out\\n"); process.stderr.write("listening\\n"); setInterval(() => {}, 1000)`;
  real = await realDaemon();
  const app = appSpec("web", { ...script(text), logSplit: true, readyLogLine: "listening" });
  real.daemon.apply(projectSpec([app]));
  const isReady = (): boolean => real?.daemon.list()[0]?.ready === true;
  await until(isReady, () => JSON.stringify(real?.daemon.list()));
  const { directory } = real;
  await real.abandon();
  real = await realDaemon({ directory });
  await until(isReady, () => JSON.stringify(real?.daemon.list()));
  expect(readFileSync(join(directory, "apps/shop/web/1.stderr.log"), "utf8")).toBe("listening\n");
});

test("why has the last lines of both streams before an exit", async () => {
  const text = `process.stdout.write("working\\n", () => setTimeout(() => process.stderr.write("no database\\n", () => process.exit(3)), 100))`;
  real = await realDaemon();
  real.daemon.apply(projectSpec([appSpec("web", { ...script(text), logSplit: true })]));
  await until(
    () => real?.daemon.list()[0]?.state === "failed",
    () => JSON.stringify(real?.daemon.list()),
  );
  const [why] = await real.daemon.views.why({ project: "shop", name: "web" }, 5);
  expect(why?.lastLines.map(({ stream, text }) => [stream, text])).toEqual([
    ["stdout", "working"],
    ["stderr", "no database"],
  ]);
});

test("a change of log.split starts the app anew, and what was written before stays", async () => {
  const text = `process.stdout.write("out\\n"); process.stderr.write("err\\n"); setInterval(() => {}, 1000)`;
  real = await realDaemon();
  const app = appSpec("web", script(text));
  real.daemon.apply(projectSpec([app]));
  const texts = async () =>
    (await real?.daemon.logs.read(real.daemon.logSources(targets), {}))?.map(({ stream, text }) => [
      stream,
      text,
    ]);
  await until(
    async () => (await texts())?.length === 2,
    () => "lines",
  );
  real.daemon.apply(projectSpec([{ ...app, logSplit: true }]));
  await until(
    async () => (await texts())?.length === 4,
    () => "lines",
  );
  expect(await texts()).toEqual([
    [undefined, "out"],
    [undefined, "err"],
    ["stdout", "out"],
    ["stderr", "err"],
  ]);
});
