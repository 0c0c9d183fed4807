import { appendFileSync, closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectories } from "@holdfast/platform";
import type { Clock } from "@holdfast/runtime";
import { breather } from "./breather.ts";
import { CopyTask } from "./copy-task.ts";
import { GrowthWatch } from "./growth-watch.ts";
import type { HolePuncher } from "./hole-puncher.ts";
import { lastLines } from "./last-lines.ts";
import { lineStartFrom, longestLineBytes, type RawLine, readBytes, readLines } from "./lines.ts";
import type { CopyTarget } from "./log-copy.ts";
import { LogCutter, mostTimes } from "./log-cutter.ts";
import { leastLogBytes, type Retention, usualRetention } from "./retention.ts";
import { appendTime, countTimes, readTimes, type TimeIndex, trimTimes } from "./time-index.ts";
import { Troubles } from "./troubles.ts";

export interface TimedLine extends RawLine {
  /** Wall-clock milliseconds. */
  readonly time: number;
}

/** Which part of a log is meant. */
export interface LogRange {
  /** The last so many wanted lines; absent means all of them. */
  readonly lines?: number;
  /** Only what was written at this wall-clock time or later. */
  readonly since?: number;
  /** Only what was written at this wall-clock time or earlier. */
  readonly until?: number;
  /** Only lines that begin after this offset. */
  readonly after?: number;
  /** Only lines that begin before this offset. */
  readonly before?: number;
}

/** What a log is kept small with. */
export interface LogCare {
  readonly puncher: HolePuncher;
  /** For an app that says nothing else. */
  readonly retention?: Retention;
  /** Called after each growth. */
  readonly onGrowth?: () => void;
}

/** A log and the other stream of the same app: they are looked at together and share a bound. */
interface LogPair {
  readonly other: AppLog;
  /** What may be kept here, when so much is kept there. */
  readonly share: (maxBytes: number, beside: number) => number;
}

/** More than the longest line; more at once would only fill the memory. */
const readBlockBytes = 96 * 1024;

/**
 * The output of one instance: a file that the app itself appends to, and the index of its times. The daemon watches
 * it grow and never stands in between, so the app writes on when the daemon does not live. What is too old or too
 * much is let go from its beginning by a hole in the file, so that offsets stay valid.
 */
export class AppLog {
  readonly path: string;
  readonly clock: Clock;
  readonly #indexPath: string;
  readonly #care: LogCare | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #cutter: LogCutter;
  readonly #troubles: Troubles;
  readonly #copies: CopyTask;
  #pair: LogPair | undefined;
  #watch: GrowthWatch | undefined;
  #prepared = false;

  /** Its index of times lies beside it. Without `care` nothing of it is ever let go. */
  constructor(path: string, clock: Clock, care?: LogCare) {
    this.path = path;
    this.clock = clock;
    this.#indexPath = `${path}.times`;
    this.#care = care;
    this.#troubles = new Troubles(path);
    this.#copies = new CopyTask({ path, clock, troubles: this.#troubles, first: () => this.firstOffset });
    this.#cutter = new LogCutter({
      path,
      indexPath: this.#indexPath,
      troubles: this.#troubles,
      again: () => this.trim(),
      ...(care === undefined ? {} : { puncher: care.puncher }),
    });
    this.keep(undefined);
  }

  /** Makes the directory, so that the app's first write finds its place. */
  prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    makeDirectories(dirname(this.path), 0o700);
  }

  /** To be called on both. `share`: what may be kept of this one, when so much is kept of the other. */
  pairWith(other: AppLog, share: LogPair["share"]): void {
    this.#pair = { other, share };
  }

  /** From now on so much of it is kept; undefined means as much as of any. */
  keep(retention: Partial<Retention> | undefined): void {
    this.#cutter.retention = { ...(this.#care?.retention ?? usualRetention), ...retention };
  }

  /** From the next line on, everything also goes to another file. */
  copyTo(target: CopyTarget | undefined): void {
    this.#copies.to(target, this.size);
  }

  /** Watches it grow, until `settle`. */
  open(): void {
    if (this.#watch !== undefined) return;
    this.#troubles.attempt("cannot be made", () => {
      if (!existsSync(this.path)) {
        makeDirectories(dirname(this.path), 0o700);
        closeSync(openSync(this.path, "a", 0o600));
      }
      const known = this.#timeIndex((index) => index.lastSize);
      this.#watch = new GrowthWatch(this.path, known, this.clock, (size) => {
        // One look at both has one time: what was written before it does not get a later one.
        const now = this.clock.now();
        if (this.#pair !== undefined) this.#pair.other.#look(now);
        this.#grown(size, now);
      });
    });
    this.#copies.catchUp(false);
    this.trim();
  }

  /**
   * Watches it no longer, though the app may write on: a line that it has begun stays whole. A copy is brought up to
   * date, however long that takes.
   */
  close(): void {
    this.#unwatch();
    while (this.#copies.catchUp(false));
    this.#copies.stop();
  }

  /** Its files are about to be deleted: it begins anew with what is written next. */
  clear(): void {
    this.close();
    this.#cutter.reset();
    this.#prepared = false;
    this.#copies.to(undefined, 0);
  }

  get isFollowed(): boolean {
    return this.#listeners.size > 0;
  }

  /** The app has ended: takes in its last words and stops watching. A last line without an end gets one. */
  settle(): void {
    this.#unwatch();
    this.#endLine();
    this.#copies.catchUp(true);
    this.#tell();
  }

  /** True while an app may write to it. */
  get isOpen(): boolean {
    return this.#watch !== undefined;
  }

  get size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Where the first line begins that was not let go. */
  get firstOffset(): number {
    return this.#cutter.first;
  }

  get keptBytes(): number {
    return this.size - this.firstOffset;
  }

  onGrowth(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Where a range begins and ends: of the lines that begin there, all are in it that are wanted. `count` is how many,
   * where the last ones were asked for.
   */
  async rangeOf(
    range: LogRange,
    isWanted?: (line: RawLine) => boolean,
  ): Promise<{ readonly offset: number; readonly end: number; readonly count?: number }> {
    const { since, until, after, before, lines } = range;
    const at = (time: number): number => this.#timeIndex((index) => index.offsetAt(time));
    const end = Math.min(
      before ?? Number.POSITIVE_INFINITY,
      until === undefined || until >= this.clock.now() ? Number.POSITIVE_INFINITY : at(until + 1),
    );
    const from = Math.max(
      this.firstOffset,
      since === undefined ? 0 : lineStartFrom(this.path, at(since)),
      after === undefined ? 0 : lineStartFrom(this.path, after + 1),
    );
    if (lines === undefined || after !== undefined) return { offset: from, end };
    const found = await lastLines(this.path, {
      first: from,
      end: Math.max(from, Math.min(end, this.#endOfLines())),
      count: lines,
      breathe: breather(this.clock),
      ...(isWanted === undefined ? {} : { isWanted }),
    });
    return { ...found, end };
  }

  /**
   * The lines from `offset` on, or from the first one that is still there, at most about 96 KiB of them, and where to
   * go on. With `unfinished`, also the last one while it has no end.
   */
  read(
    offset: number,
    unfinished: boolean = !this.isOpen,
  ): { readonly lines: readonly TimedLine[]; readonly next: number } {
    this.#watch?.sample();
    const { lines, next } = readLines(
      this.path,
      Math.max(offset, this.firstOffset),
      readBlockBytes,
      unfinished,
    );
    if (lines.length === 0) return { lines: [], next };
    const times = this.#timeIndex((index) => index.timesAt(lines.map((line) => line.offset)));
    return { lines: lines.map((line, at) => ({ ...line, time: times[at] ?? 0 })), next };
  }

  /** Lets go of what is beyond its bounds. */
  trim(): void {
    const { maxAgeMs, maxBytes } = this.#cutter.retention;
    const young =
      maxAgeMs === undefined ? 0 : this.#timeIndex((index) => index.offsetAt(this.clock.now() - maxAgeMs));
    const pair = this.#pair;
    const bound = pair === undefined ? maxBytes : pair.share(maxBytes, pair.other.keptBytes);
    this.#cutter.trim(this.size, young, bound);
  }

  /** Lets go of its oldest `bytes`, but for the last 64 KiB. Returns how much that is. */
  letGo(bytes: number): number {
    return this.#cutter.cut(Math.min(this.firstOffset + bytes, this.size - leastLogBytes), this.size);
  }

  #look(now: number): void {
    const size = this.#watch?.look();
    if (size !== undefined) this.#grown(size, now);
  }

  #grown(size: number, now: number): void {
    if (size < this.firstOffset) {
      // Somebody emptied it.
      this.#cutter.reset();
      rmSync(this.#indexPath, { force: true });
    }
    this.#troubles.attempt("has an index that cannot be written", () => {
      appendTime(this.#indexPath, now, size);
      if (countTimes(this.#indexPath) > mostTimes) trimTimes(this.#indexPath, this.firstOffset, mostTimes);
    });
    this.#copies.catchUp(false);
    this.#tell();
    this.trim();
    this.#pair?.other.trim();
    this.#care?.onGrowth?.();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Or what the next run writes first would seem to belong to it. */
  #endLine(): void {
    const { size } = this;
    if (size === 0 || readBytes(this.path, size - 1, 1).bytes[0] === 0x0a) return;
    this.#troubles.attempt("cannot be written", () => appendFileSync(this.path, "\n"));
  }

  /** Where the lines end that have an end. */
  #endOfLines(): number {
    const { size } = this;
    if (!this.isOpen) return size;
    const from = Math.max(0, size - longestLineBytes);
    const found = readBytes(this.path, from, size - from).bytes.lastIndexOf(0x0a);
    return found === -1 ? size : from + found + 1;
  }

  #unwatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #timeIndex<T>(look: (index: TimeIndex) => T): T {
    return readTimes(this.#indexPath, this.clock.now(), look);
  }
}
