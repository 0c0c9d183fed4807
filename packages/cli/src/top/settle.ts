import { keyOf, type TopModel } from "./model.ts";
import { visibleApps } from "./rows.ts";

/** Lines of the screen that are not the list: the head, the titles, the selected app, the keys. */
export const linesAround = 4;

/** How many rows of a list the screen has room for. */
export function listHeight({ size }: TopModel): number {
  return Math.max(1, size.rows - linesAround);
}

/** How many lines a text view has room for: the screen without its head and its keys. */
export function textHeight({ size }: TopModel): number {
  return Math.max(1, size.rows - 2);
}

/** Selects a row that there is, and scrolls the list so far that it is on the screen. */
export function settle(model: TopModel): TopModel {
  const rows = visibleApps(model);
  const found = rows.findIndex((app) => keyOf(app) === model.selected);
  const height = listHeight(model);
  const index = Math.max(0, found);
  const lowest = Math.max(0, rows.length - height);
  const offset = Math.min(lowest, Math.max(index - height + 1, Math.min(index, model.offset)));
  const selected = found >= 0 ? model.selected : firstKey(rows);
  return selected === model.selected && offset === model.offset ? model : { ...model, selected, offset };
}

function firstKey(rows: ReturnType<typeof visibleApps>): string | undefined {
  const [first] = rows;
  return first === undefined ? undefined : keyOf(first);
}
