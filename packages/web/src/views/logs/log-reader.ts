import type { LogLine, LogStream, Methods, Target } from "../../api.ts";
import { logKey } from "../../state/app-key.ts";

export type ReadLogs = (params: Methods["logs.read"]["params"]) => Promise<readonly LogLine[]>;

/** Which lines are wanted, whatever part of the logs they are in. */
export type LineFilter = Pick<Methods["logs.read"]["params"], "level" | "text" | "stream">;

export type Direction = "older" | "newer";

/** The beginning of a log is read in one piece of so many bytes. */
const firstBytes = 65_536;

/** One log: of an instance, or of one of its streams where it has one for each. */
export type LogOf = Required<Target> & { readonly stream?: LogStream };

/** Reads one log on from an offset, either way. */
interface Source {
  readonly log: LogOf;
  /** Older: lines that begin before it. Newer: lines that begin after it. */
  at: number;
  /** Read and not yet taken, in the order in which they are taken. */
  waiting: LogLine[];
  isAtEnd: boolean;
}

/**
 * Reads the logs of several instances on in one direction, merged by time. Each line is given once; what was read of a
 * fast log and belongs behind lines of a slow one waits.
 */
export class LogReader {
  readonly #read: ReadLogs;
  readonly #filter: LineFilter;
  readonly #direction: Direction;
  readonly #sources: Map<string, Source>;

  constructor(
    direction: Direction,
    read: ReadLogs,
    filter: LineFilter,
    from: readonly (LogOf & { at: number })[],
  ) {
    this.#direction = direction;
    this.#read = read;
    this.#filter = filter;
    this.#sources = new Map(
      from.map(({ at, ...log }) => [logKey(log), { log, at, waiting: [], isAtEnd: false }]),
    );
  }

  /** True when there is nothing more in this direction. */
  get isAtEnd(): boolean {
    return [...this.#sources.values()].every(({ isAtEnd, waiting }) => isAtEnd && waiting.length === 0);
  }

  /** The next `count` lines, or fewer at the end, the oldest first. */
  async take(count: number): Promise<readonly LogLine[]> {
    const taken: LogLine[] = [];
    while (taken.length < count) {
      const dry = [...this.#sources.values()].filter(
        ({ waiting, isAtEnd }) => waiting.length === 0 && !isAtEnd,
      );
      // One log is read in large pieces, many in small ones.
      const share = Math.max(50, Math.ceil(count / Math.max(1, this.#sources.size)));
      await Promise.all(dry.map((source) => this.#fill(source, share)));
      if (!this.#merge(taken, count)) break;
    }
    return this.#direction === "older" ? taken.reverse() : taken;
  }

  /** Takes the next lines for as long as it is known which is next. False when nothing was left to take. */
  #merge(taken: LogLine[], count: number): boolean {
    const sources = [...this.#sources.values()].filter(({ waiting }) => waiting.length > 0);
    if (sources.length === 0) return false;
    while (taken.length < count) {
      let next: Source | undefined;
      for (const source of sources) {
        if (source.waiting.length > 0 && (next === undefined || this.#isBefore(source, next))) next = source;
      }
      const line = next?.waiting.shift();
      if (next === undefined || line === undefined) return true;
      taken.push(line);
      if (next.waiting.length === 0 && !next.isAtEnd) return true;
    }
    return true;
  }

  #isBefore({ waiting: [a] }: Source, { waiting: [b] }: Source): boolean {
    if (a === undefined || b === undefined) return false;
    if (a.time === b.time) return logKey(a) < logKey(b) === (this.#direction === "newer");
    return this.#direction === "older" ? a.time > b.time : a.time < b.time;
  }

  async #fill(source: Source, count: number): Promise<void> {
    const { at } = source;
    const { stream, ...target } = source.log;
    const lines = await this.#read({
      targets: [target],
      lines: count,
      ...this.#filter,
      ...(stream !== undefined && { stream }),
      ...this.#placeOf(at),
    });
    source.isAtEnd = lines.length === 0;
    source.waiting = this.#direction === "older" ? lines.toReversed() : [...lines];
    source.at = source.waiting.at(-1)?.offset ?? at;
  }

  /** No line begins before 0, and only one that is looked for from behind begins at it. */
  #placeOf(at: number): Pick<Methods["logs.read"]["params"], "before" | "after" | "lines"> {
    if (this.#direction === "older") return { before: Math.max(0, at) };
    return at < 0 ? { before: firstBytes, lines: 10_000 } : { after: at };
  }
}
