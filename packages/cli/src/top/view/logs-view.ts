import { safeText } from "../../terminal/safe-text.ts";
import { makeStyle, type Style } from "../../terminal/style.ts";
import { endTop, logRows } from "../log-rows.ts";
import type { LogsView, TopModel } from "../model.ts";
import { hasText } from "../press-logs.ts";
import { textHeight } from "../settle.ts";

/** The lines of a log from the one at the top of the screen, or its end. */
export function logsView(
  { size, connection }: TopModel,
  view: LogsView,
  rows: number,
  style: Style,
): readonly string[] {
  if (view.lines.length === 0) {
    return [style.dim(connection.kind === "connected" ? " it has written nothing yet" : " …")];
  }
  const top = view.top === "end" ? endTop(view, size.columns, rows, style) : view.top;
  const shown: string[] = [];
  for (let at = top - view.first; at < view.lines.length && shown.length < rows; at++) {
    const line = view.lines[at];
    if (line === undefined) continue;
    const isFound = hasText(line, view.search);
    // Colours of its own would end the mark.
    const lines = logRows(line, size.columns, isFound ? makeStyle(false) : style);
    shown.push(...lines.map((text) => (isFound ? marked(text, view.search, style) : text)));
  }
  // One long line at the end: its end is what is followed.
  return view.top === "end" ? shown.slice(-rows) : shown.slice(0, rows);
}

/** Puts what was searched for in the reverse of the screen's colours. */
function marked(text: string, search: string, style: Style): string {
  const from = text.toLowerCase().indexOf(search.toLowerCase());
  if (from < 0 || text.length !== text.toLowerCase().length) return text;
  const to = from + search.length;
  return `${text.slice(0, from)}${style.colour(7, text.slice(from, to))}${text.slice(to)}`;
}

/** What stands right in the head: where one is. */
export function logsPlace(model: TopModel, view: LogsView): string {
  const search = view.search === "" ? "" : `“${safeText(view.search, { keepColours: false })}”  `;
  if (view.top === "end") return `${search}follows`;
  const from = view.top - view.first + 1;
  const more = view.older === "none" ? "" : "+";
  return `${search}line ${from} of ${view.lines.length}${more}, ${Math.max(0, view.lines.length - from - textHeight(model) + 1)} more below`;
}
