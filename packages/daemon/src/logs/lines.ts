/** Reading lines out of a log file from an offset on. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A line longer than this is cut into pieces. */
export const longestLineBytes: number = 64 * 1024;
/** So much of a log is read at once. */
export const blockBytes: number = 256 * 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

export interface RawLine {
  readonly offset: number;
  readonly text: string;
  /** Where the next one begins. */
  readonly next: number;
  /** The line does not end here: it is longer than can be shown at once, or it had no end yet. */
  readonly continues?: true;
}

export interface LinesRead {
  readonly lines: readonly RawLine[];
  /** Where to go on: after the last whole line. */
  readonly next: number;
}

/**
 * The whole lines from `offset` on, at most `maxBytes` of them. With `atEnd`, what stands after the last newline
 * counts as a line too: no more of it will come, or nobody wants to wait for it.
 */
export function readLines(
  path: string,
  offset: number,
  maxBytes: number = blockBytes,
  atEnd = false,
): LinesRead {
  // The byte before tells whether a line begins here.
  const from = Math.max(0, offset - 1);
  const { bytes, size } = readBytes(path, from, maxBytes + offset - from);
  const own = bytes.subarray(offset - from);
  if (own.length === 0) return { lines: [], next: offset };
  const before = from === offset ? newline : bytes[0];
  // What stands before the first line that is kept is a hole, which reads as zeros.
  const isWithin = before !== newline && before !== 0;
  return splitLines(own, offset, { atEnd: atEnd && offset + own.length >= size, isWithin });
}

/** Up to `count` bytes from `offset` on, and how long the file is. A file that is not there is empty. */
export function readBytes(
  path: string,
  offset: number,
  count: number,
): { readonly bytes: Buffer; readonly size: number } {
  return readInto(path, offset, count, Buffer.allocUnsafe);
}

let scratch: Buffer | undefined;

/**
 * Up to `blockBytes` from `offset` on, for whoever is done with them in the same turn: the next call uses their memory
 * again. Who goes through much would otherwise leave it all to be collected.
 */
export function readBlock(path: string, offset: number): Buffer {
  return readInto(path, offset, blockBytes, (bytes) => {
    scratch ??= Buffer.allocUnsafe(blockBytes);
    return scratch.subarray(0, bytes);
  }).bytes;
}

function readInto(
  path: string,
  offset: number,
  count: number,
  memory: (bytes: number) => Buffer,
): { readonly bytes: Buffer; readonly size: number } {
  const fd = openQuietly(path);
  if (fd === undefined) return { bytes: Buffer.alloc(0), size: 0 };
  try {
    const { size } = fstatSync(fd);
    const want = Math.min(count, size - offset);
    if (want <= 0) return { bytes: Buffer.alloc(0), size };
    const bytes = memory(want);
    return { bytes: bytes.subarray(0, readSync(fd, bytes, 0, want, offset)), size };
  } finally {
    closeSync(fd);
  }
}

/** Where the first line begins that begins at `offset` or later; `offset` itself when it is within a very long one. */
export function lineStartFrom(path: string, offset: number): number {
  if (offset <= 0) return 0;
  const { bytes } = readBytes(path, offset - 1, longestLineBytes);
  const found = bytes.indexOf(newline);
  return found === -1 ? offset : offset + found;
}

/** `isWithin`: the first byte belongs to a line whose beginning was read before. */
export function splitLines(
  bytes: Buffer,
  offset: number,
  { atEnd, isWithin }: { readonly atEnd: boolean; readonly isWithin: boolean },
): LinesRead {
  const lines: RawLine[] = [];
  let start = 0;
  const add = (end: number, next: number, continues: boolean): void => {
    // Nothing but the end of a line that was read already.
    if (!(isWithin && start === 0 && end === 0)) {
      const text = bytes.toString("utf8", start, end);
      lines.push({
        offset: offset + start,
        text,
        next: offset + next,
        ...(continues ? { continues } : {}),
      });
    }
    start = next;
  };
  while (start < bytes.length) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    if (end - start > longestLineBytes) {
      const cut = characterStart(bytes, start + longestLineBytes);
      add(cut, cut, true);
      continue;
    }
    if (found === -1) {
      if (atEnd) add(end, end, true);
      break;
    }
    add(end > start && bytes[end - 1] === carriageReturn ? end - 1 : end, end + 1, false);
  }
  return { lines, next: offset + start };
}

/** The last place up to `at` where no character of UTF-8 is cut in two; `at` where it is no UTF-8. */
function characterStart(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) {
    if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  }
  return at;
}

function openQuietly(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}
