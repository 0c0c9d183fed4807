import { keyText } from "../store/instance-record.ts";
import type { LogRange } from "./app-log.ts";
import type { LogSource } from "./instance-output.ts";
import { type LineShare, LogReader } from "./merge-logs.ts";
import { type LineFilter, wantedLines } from "./wanted-lines.ts";

/**
 * Readers of what is asked for of each log. `lines` is counted for each instance, over both of its logs where it has
 * two. `isBounded`: they end after so many lines; else with what is there now, wherever they stand.
 */
export async function openReaders(
  sources: readonly LogSource[],
  query: LogRange & LineFilter,
  isBounded: boolean,
): Promise<readonly LogReader[]> {
  const isWanted = wantedLines(query);
  const opened = await Promise.all(
    sources.map(async (source) => {
      const { size } = source.log;
      const { offset, end, count = 0 } = await source.log.rangeOf(query, isWanted);
      const range = { offset, end: isBounded ? end : Math.min(end, Math.max(size, offset)) };
      return { source, range, count };
    }),
  );
  const { lines } = query;
  const shares = new Map<string, LineShare>();
  for (const { source, count } of opened) {
    if (lines === undefined) break;
    const id = keyText(source.key);
    const known = shares.get(id) ?? { skip: -lines, left: isBounded ? lines : Number.POSITIVE_INFINITY };
    shares.set(id, { ...known, skip: known.skip + count });
  }
  return opened.map(
    ({ source, range }) =>
      new LogReader({ ...source, ...range, isWanted, share: shares.get(keyText(source.key)) }),
  );
}
