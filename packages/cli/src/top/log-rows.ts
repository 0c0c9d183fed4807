import type { LogLine } from "@holdfast/daemon/api";
import { clockTime } from "../terminal/clock-time.ts";
import { entryText } from "../terminal/entry-text.ts";
import { safeText } from "../terminal/safe-text.ts";
import type { Style } from "../terminal/style.ts";
import { wrapToWidth } from "../terminal/text-width.ts";
import type { LogsView } from "./model.ts";

const tabColumns = 4;

/** The lines of the screen that one line of a log takes: its time, and its text below itself where it is long. */
export function logRows(line: LogLine, columns: number, style: Style): readonly string[] {
  const time = clockTime(line.time);
  const texts = line.fields === undefined ? [line.text] : entryText(line.fields, line.level, style);
  // A narrow screen has no room for a margin below the time.
  const indent = columns >= 60 ? time.length + 1 : 2;
  return texts.flatMap((text, at) => {
    const safe = safeText(text, { keepColours: style.enabled }).replaceAll("\t", " ".repeat(tabColumns));
    const head = at === 0 ? style.dim(time) : " ".repeat(time.length);
    // As `holdfast logs` marks it.
    const sign = line.stream !== "stderr" ? "" : at === 0 ? " !" : "  ";
    return wrapToWidth(`${head}${sign} ${safe}`, columns, indent);
  });
}

/** The number of the line at the top of a screen that shows the end of a log. */
export function endTop(view: LogsView, columns: number, rows: number, style: Style): number {
  let left = rows;
  let at = view.lines.length;
  while (at > 0) {
    const line = view.lines[at - 1];
    left -= line === undefined ? 0 : logRows(line, columns, style).length;
    if (left < 0) break;
    at--;
  }
  return view.first + Math.min(at, Math.max(0, view.lines.length - 1));
}
