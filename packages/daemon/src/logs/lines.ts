/** Reading whole lines out of a log file, forwards from an offset or the last ones. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A line longer than this is cut into pieces. */
export const longestLineBytes: number = 64 * 1024;
const blockBytes = 256 * 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

export interface RawLine {
  readonly offset: number;
  readonly text: string;
}

export interface LinesRead {
  readonly lines: readonly RawLine[];
  /** Where to go on: after the last whole line. */
  readonly next: number;
}

/**
 * The whole lines from `offset` on, at most `maxBytes` of them. With `atEnd`, what stands after the last newline
 * counts as a line too: the app has ended, so no more will come.
 */
export function readLines(
  path: string,
  offset: number,
  maxBytes: number = blockBytes,
  atEnd = false,
): LinesRead {
  const fd = openQuietly(path);
  if (fd === undefined) return { lines: [], next: offset };
  try {
    const size = fstatSync(fd).size;
    const want = Math.min(maxBytes, size - offset);
    if (want <= 0) return { lines: [], next: offset };
    const bytes = Buffer.alloc(want);
    const got = readSync(fd, bytes, 0, want, offset);
    return splitLines(bytes.subarray(0, got), offset, atEnd && offset + got >= size);
  } finally {
    closeSync(fd);
  }
}

/** The offset at which the last `count` lines begin. */
export function lastLinesOffset(path: string, count: number): number {
  const fd = openQuietly(path);
  if (fd === undefined) return 0;
  try {
    let position = fstatSync(fd).size;
    // The newline that ends the last line begins no other.
    let left = count + 1;
    const bytes = Buffer.alloc(blockBytes);
    let atEnd = true;
    while (position > 0) {
      const want = Math.min(blockBytes, position);
      position -= want;
      const got = readSync(fd, bytes, 0, want, position);
      if (atEnd && bytes[got - 1] !== newline && --left === 0) return position + got;
      atEnd = false;
      for (let at = got - 1; at >= 0; at--) {
        if (bytes[at] === newline && --left === 0) return position + at + 1;
      }
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

function splitLines(bytes: Buffer, offset: number, atEnd: boolean): LinesRead {
  const lines: RawLine[] = [];
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    if (end - start > longestLineBytes) {
      lines.push({ offset: offset + start, text: bytes.toString("utf8", start, start + longestLineBytes) });
      start += longestLineBytes;
      continue;
    }
    if (found === -1 && !atEnd) break;
    const textEnd = end > start && bytes[end - 1] === carriageReturn ? end - 1 : end;
    lines.push({ offset: offset + start, text: bytes.toString("utf8", start, textEnd) });
    start = found === -1 ? end : end + 1;
  }
  return { lines, next: offset + start };
}

function openQuietly(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}
