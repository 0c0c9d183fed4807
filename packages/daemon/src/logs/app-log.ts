import { closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "@holdfast/runtime";
import { GrowthWatch } from "./growth-watch.ts";
import { lastLinesOffset, readLines } from "./lines.ts";
import { type CopyTarget, LogCopy } from "./log-copy.ts";
import { appendTime, readTimeIndex } from "./time-index.ts";

export interface TimedLine {
  /** Wall-clock milliseconds. */
  readonly time: number;
  readonly text: string;
  readonly offset: number;
}

export interface LogRange {
  /** The last so many lines; absent means all of them. */
  readonly lines?: number;
  /** Only what was written at this wall-clock time or later. */
  readonly since?: number;
}

/**
 * The output of one instance: a file that the app itself appends to, and the index of its times. The daemon watches
 * it grow and never stands in between, so the app writes on when the daemon does not live.
 */
export class AppLog {
  readonly path: string;
  readonly #indexPath: string;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #watch: GrowthWatch | undefined;
  #prepared = false;
  #copy: LogCopy | undefined;
  #copyFailure: string | undefined;

  /** Its index of times lies beside it. */
  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#indexPath = `${path}.times`;
    this.#clock = clock;
  }

  /** Makes the directory, so that the app's first write finds its place. */
  prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
  }

  /** From the next line on, everything also goes to another file. */
  copyTo(target: CopyTarget | undefined): void {
    this.#copy = target === undefined ? undefined : new LogCopy(this.path, target, this.size);
  }

  /** Watches it grow, until `settle`. */
  open(): void {
    if (this.#watch !== undefined) return;
    this.prepare();
    if (!existsSync(this.path)) closeSync(openSync(this.path, "a", 0o600));
    const known = readTimeIndex(this.#indexPath, 0).lastSize;
    this.#watch = new GrowthWatch(this.path, known, this.#clock, (size) => {
      appendTime(this.#indexPath, this.#clock.now(), size);
      this.#catchUp(false);
      for (const listener of this.#listeners) listener();
    });
  }

  /** Watches it no longer, though the app may write on: a line that it has begun stays whole. */
  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** The app has ended: takes in its last words and stops watching. */
  settle(): void {
    this.close();
    this.#catchUp(true);
    for (const listener of this.#listeners) listener();
  }

  /** True while an app may write to it. */
  get isOpen(): boolean {
    return this.#watch !== undefined;
  }

  get size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  onGrowth(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where a range begins. */
  offsetOf(range: LogRange): number {
    const index = readTimeIndex(this.#indexPath, this.#clock.now());
    const since = range.since === undefined ? 0 : index.offsetAt(range.since);
    return range.lines === undefined ? since : Math.max(since, lastLinesOffset(this.path, range.lines));
  }

  /** The lines from `offset` on, at most about 256 KiB of them, and where to go on. */
  read(offset: number): { readonly lines: readonly TimedLine[]; readonly next: number } {
    this.#watch?.sample();
    const { lines, next } = readLines(this.path, offset, undefined, !this.isOpen);
    if (lines.length === 0) return { lines: [], next };
    const index = readTimeIndex(this.#indexPath, this.#clock.now());
    return { lines: lines.map((line) => ({ ...line, time: index.timeAt(line.offset) })), next };
  }

  #catchUp(atEnd: boolean): void {
    const failure = this.#copy?.catchUp(atEnd);
    if (failure !== undefined && failure !== this.#copyFailure) console.error(`holdfast: ${failure}`);
    this.#copyFailure = failure;
  }
}
