import type { Clock } from "@holdfast/runtime";
import type { LogLine } from "../api/contract.ts";
import type { TimedLine } from "./app-log.ts";
import { breather } from "./breather.ts";
import type { LogSource } from "./instance-output.ts";
import { wireLine } from "./wire-line.ts";

/** One log, as it goes into a merge: the lines that begin in `[offset, end)` and are wanted. */
export interface MergeSource extends LogSource {
  readonly offset: number;
  readonly end: number;
  readonly isWanted?: ((line: TimedLine) => boolean) | undefined;
  /** What the logs of one instance give together; all there is when absent. */
  readonly share?: LineShare | undefined;
}

/** So many lines are passed over, and then so many given. Counts down. */
export interface LineShare {
  skip: number;
  left: number;
}

/** So much goes into one batch. */
const batchLines = 1_000;
const batchCharacters = 64 * 1024;

/** How far one log has been read. */
export class LogReader {
  readonly source: MergeSource;
  /** After the last line that was taken or not wanted. */
  position: number;
  #lines: readonly TimedLine[] = [];
  #at = 0;
  #next: number;

  constructor(source: MergeSource) {
    this.source = source;
    this.position = source.offset;
    this.#next = source.offset;
  }

  /** The first line that was not taken, if it has been read already. */
  get line(): TimedLine | undefined {
    return this.source.share?.left === 0 ? undefined : this.#lines[this.#at];
  }

  /** Reads until there is a line; resolves with false when there is none any more. */
  async fill(breathe: () => Promise<void>): Promise<boolean> {
    const { log, end, isWanted, share } = this.source;
    while (this.line === undefined) {
      if (this.#next >= end || share?.left === 0) return false;
      await breathe();
      const { lines, next } = log.read(this.#next);
      this.#next = next;
      this.#at = 0;
      const within = lines.filter(({ offset }) => offset < end);
      this.position = within.at(-1)?.next ?? this.position;
      this.#lines = isWanted === undefined ? within : within.filter(isWanted);
      if (lines.length === 0) return false;
    }
    return true;
  }

  /** False when the line that was taken is one too many. */
  take(): boolean {
    this.#at++;
    const { share } = this.source;
    if (share === undefined) return true;
    if (share.skip-- > 0) return false;
    share.left--;
    return true;
  }
}

/**
 * The lines of several logs in the order of their times, in batches; those of one log stay in their order. Holds no more
 * than a block of each log in memory, however long they are.
 */
export async function* mergeLogs(
  readers: readonly LogReader[],
  clock: Clock,
): AsyncGenerator<readonly LogLine[], void> {
  const breathe = breather(clock);
  let batch: LogLine[] = [];
  let characters = 0;
  let open = [...readers];
  for (;;) {
    for (const reader of open) {
      if (reader.line === undefined && !(await reader.fill(breathe)))
        open = open.filter((each) => each !== reader);
    }
    const first = earliest(open);
    if (first === undefined) break;
    if (!first.reader.take()) continue;
    batch.push(wireLine(first.reader.source, first.line));
    characters += first.line.text.length;
    if (batch.length < batchLines && characters < batchCharacters) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

function earliest(
  readers: readonly LogReader[],
): { readonly reader: LogReader; readonly line: TimedLine } | undefined {
  let first: { readonly reader: LogReader; readonly line: TimedLine } | undefined;
  for (const reader of readers) {
    const { line } = reader;
    if (line !== undefined && (first === undefined || line.time < first.line.time)) first = { reader, line };
  }
  return first;
}
