import type { LogLine } from "../../api.ts";
import { plainText } from "./ansi-spans.ts";

/** How many rows lines take up, and where each begins. Each row is as high as any other, so this is all there is to know. */
export interface RowCounts {
  readonly total: number;
  /** The row that a line begins with; `total` for what is behind the last. */
  rowOf(index: number): number;
  /** The line that a row belongs to. */
  lineAt(row: number): number;
}

/** One row for each line. */
export function unwrapped(count: number): RowCounts {
  return { total: count, rowOf: (index) => index, lineAt: (row) => Math.min(Math.max(0, row), count - 1) };
}

/** As many as it takes to break each line after `columns` characters. */
export function wrapped(lines: readonly LogLine[], columns: number): RowCounts {
  const begins = new Int32Array(lines.length + 1);
  for (const [index, line] of lines.entries())
    begins[index + 1] = (begins[index] ?? 0) + rowsOf(line, columns);
  const total = begins[lines.length] ?? 0;
  return {
    total,
    rowOf: (index) => begins[Math.min(index, lines.length)] ?? 0,
    lineAt: (row) => {
      let [low, high] = [0, Math.max(0, lines.length - 1)];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((begins[middle] ?? 0) <= row) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}

const widths = new WeakMap<LogLine, number>();
/** Characters that take up two columns, roughly: East Asian ones and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud83c-\ud83e][\udc00-\udfff]/g;

export function rowsOf(line: LogLine, columns: number): number {
  let width = widths.get(line);
  if (width === undefined) {
    const text = plainText(line.text);
    width = text.length + (text.match(wide)?.length ?? 0);
    widths.set(line, width);
  }
  return Math.max(1, Math.ceil(width / Math.max(1, columns)));
}
