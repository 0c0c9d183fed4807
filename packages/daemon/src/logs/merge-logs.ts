import type { LogLine } from "../api/contract.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { AppLog, TimedLine } from "./app-log.ts";

/** One log, as it goes into a merge: the lines that begin in `[offset, end)`. */
export interface MergeSource {
  readonly key: InstanceKey;
  readonly log: AppLog;
  readonly offset: number;
  readonly end: number;
}

class Head {
  readonly source: MergeSource;
  #lines: readonly TimedLine[] = [];
  #at = 0;
  #next: number;

  constructor(source: MergeSource) {
    this.source = source;
    this.#next = source.offset;
  }

  /** The first line that was not taken, or undefined at the end. */
  peek(): TimedLine | undefined {
    if (this.#at === this.#lines.length && this.#next < this.source.end) {
      const { lines, next } = this.source.log.read(this.#next);
      this.#lines = lines;
      this.#at = 0;
      this.#next = next;
    }
    const line = this.#lines[this.#at];
    return line !== undefined && line.offset < this.source.end ? line : undefined;
  }

  take(): void {
    this.#at++;
  }
}

/**
 * The lines of several logs in the order of their times; those of one log stay in their order. Holds no more than a
 * block of each log in memory, however long they are.
 */
export function* mergeLogs(sources: readonly MergeSource[]): Generator<LogLine> {
  const heads = sources.map((source) => new Head(source));
  for (;;) {
    let first: { readonly head: Head; readonly line: TimedLine } | undefined;
    for (const head of heads) {
      const line = head.peek();
      if (line !== undefined && (first === undefined || line.time < first.line.time)) first = { head, line };
    }
    if (first === undefined) return;
    first.head.take();
    yield logLine(first.head.source.key, first.line);
  }
}

/** A line as it goes over the wire. */
export function logLine(key: InstanceKey, line: TimedLine): LogLine {
  return {
    project: key.project,
    name: key.name,
    instance: key.instance,
    time: new Date(line.time).toISOString(),
    text: line.text,
    offset: line.offset,
  };
}
