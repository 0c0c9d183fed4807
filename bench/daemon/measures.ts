/** What each daemon is measured by. Each measure has a daemon of its own, and ends it. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BenchApp, Contender } from "./contender.ts";
import { LinePipe } from "./line-pipe.ts";
import { marked, ownMegabytes, sleeps, until } from "./processes.ts";

export interface Place {
  readonly contender: Contender;
  readonly directory: string;
  /** What all its processes have in their environment. */
  readonly mark: string;
}

/** Figures by name; the unit is in the name. */
export type Figures = Readonly<Record<string, number>>;

export type Measure = (place: Place) => Promise<Figures>;

const count = 100;
const announce = fileURLToPath(new URL("programs/announce.sh", import.meta.url));
const write = fileURLToPath(new URL("programs/write.pl", import.meta.url));

/** By name, in the order of the table. */
export const measures: Readonly<Record<string, Measure>> = {
  crowd,
  respawn,
  "log-4096": (place) => capture(place, 256 * 1024 ** 2, 4096),
  "log-128": (place) => capture(place, 64 * 1024 ** 2, 128),
};

/** A hundred apps are started, listed and stopped, and the daemon is killed over them. */
async function crowd({ contender, mark }: Place): Promise<Figures> {
  const apps = Array.from({ length: count }, (_, index): BenchApp => {
    return { name: `app${index}`, argv: ["sleep", String(100_000 + index)], restarts: true };
  });
  await contender.open(apps);
  const start = await timed(async () => {
    await contender.startAll();
    await until("all apps run", () => sleeps(mark).length === count);
  });
  // Some say that an app runs only when it has for a moment.
  await until("the list says so", async () => (await contender.countRunning()) === count);
  const list = await timed(async () => void (await contender.countRunning()));
  const memory = ownMegabytes(mark);
  const stop = await timed(async () => {
    await contender.stopAll();
    await until("no app is left", () => sleeps(mark).length === 0);
  });
  await contender.startAll();
  await until("all apps run again", () => sleeps(mark).length === count);
  await contender.save?.();
  const before = new Set(sleeps(mark).map(({ pid }) => pid));
  process.kill(await contender.pid(), "SIGKILL");
  await sleep(500);
  const survivors = sleeps(mark).filter(({ pid }) => before.has(pid)).length;
  const adopt = await timed(async () => {
    await contender.reopen();
    await until("all apps are listed again", async () => (await contender.countRunning()) === count);
  });
  const duplicates = sleeps(mark).length - count;
  const kept = sleeps(mark).filter(({ pid }) => before.has(pid)).length;
  await contender.close();
  const orphans = sleeps(mark);
  for (const { pid } of orphans) process.kill(pid, "SIGKILL");
  return {
    "start-ms": start,
    "list-ms": list,
    "stop-ms": stop,
    "memory-MB": memory,
    "adopt-ms": adopt,
    "survive-kill": survivors,
    "same-processes": kept,
    duplicates,
    orphans: orphans.length,
  };
}

/** An app is killed; the figure is the median of seven. */
async function respawn({ contender, directory }: Place): Promise<Figures> {
  using pipe = new LinePipe(join(directory, "pipe"));
  await contender.open([{ name: "app", argv: ["/bin/sh", announce, pipe.path], restarts: true }]);
  await contender.startAll();
  let pid = Number(await pipe.next());
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    // As long as an app must run at least to have been a good one, in some.
    await sleep(1_100);
    const killed = pid;
    const time = await timed(async () => {
      process.kill(killed, "SIGKILL");
      pid = Number(await pipe.next());
    });
    if (pid === killed) throw new Error("the app that was killed came up under its old pid");
    times.push(time);
  }
  await contender.close();
  return { "respawn-ms": median(times) };
}

/** From the first byte that an app writes until all are in its log. */
async function capture({ contender, directory }: Place, bytes: number, size: number): Promise<Figures> {
  using pipe = new LinePipe(join(directory, "pipe"));
  const argv = ["/usr/bin/perl", write, pipe.path, String(bytes), String(size)];
  await contender.open([{ name: "writer", argv, restarts: false }]);
  await contender.startAll();
  await pipe.next();
  const log = contender.logFile("writer");
  const time = await timed(async () => {
    await pipe.next();
    await until("the log has it all", () => statSync(log).size >= bytes);
  });
  const { size: found } = statSync(log);
  if (found !== bytes) throw new Error(`${log} has ${found} bytes of ${bytes}`);
  await contender.close();
  return { "MB/s": bytes / 1024 ** 2 / (time / 1_000) };
}

/** Ends what a measure left when it failed. */
export function clear(mark: string): void {
  for (const { pid } of marked(mark)) process.kill(pid, "SIGKILL");
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** The middle one, or NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
