import { blockBytes, type RawLine, readBytes, splitLines } from "./lines.ts";

const newline = 0x0a;
/** A few lines are mostly wanted, of many logs at once: all of a block would be thousands of lines of each. */
const firstBlockBytes = 16 * 1024;

export interface LastLinesQuery {
  /** Nothing before it is looked at. */
  readonly first: number;
  /** Nothing that begins there or later is looked at. */
  readonly end: number;
  readonly count: number;
  /** Which lines count; all of them when absent. */
  readonly isWanted?: (line: RawLine) => boolean;
  /** Awaited before each block: a long search must let others work too. */
  readonly breathe: () => Promise<void>;
}

export interface LastLines {
  /** Where they begin. */
  readonly offset: number;
  /** How many they are. */
  readonly count: number;
}

/** The last `count` wanted lines; they begin at `first` when there are fewer. Reads from the end backwards. */
export async function lastLines(
  path: string,
  { first, end, count, isWanted = () => true, breathe }: LastLinesQuery,
): Promise<LastLines> {
  let left = count;
  let position = end;
  let size = firstBlockBytes;
  while (position > first && left > 0) {
    await breathe();
    const from = Math.max(first, position - size);
    const { bytes } = readBytes(path, from, position - from);
    // The line that the block begins within belongs to the block before, unless it fills all of this one.
    const found = from === first ? 0 : bytes.indexOf(newline) + 1;
    const fills = found === 0 || found === bytes.length;
    if (fills && from > first && size < blockBytes) {
      size = blockBytes;
      continue;
    }
    const start = found === bytes.length ? 0 : found;
    const { lines } = splitLines(bytes.subarray(start), from + start, { atEnd: true, isWithin: false });
    for (const line of lines.toReversed())
      if (isWanted(line) && --left === 0) return { offset: line.offset, count };
    position = from + start;
    size = Math.min(blockBytes, 4 * size);
    if (bytes.length === 0) break;
  }
  return { offset: left > 0 ? first : position, count: count - left };
}
