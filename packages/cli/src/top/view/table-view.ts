import type { AppStatus, Usage } from "@holdfast/daemon/api";
import { appLabels } from "../../targets/app-label.ts";
import { ageText } from "../../terminal/age.ts";
import { detailOf, healthCell, statePaint } from "../../terminal/ps-table.ts";
import { safeText } from "../../terminal/safe-text.ts";
import { stateText } from "../../terminal/state-text.ts";
import type { Style } from "../../terminal/style.ts";
import { fitToWidth, textWidth } from "../../terminal/text-width.ts";
import { keyOf, type SortColumn, type TopModel } from "../model.ts";
import { visibleApps } from "../rows.ts";
import { listHeight } from "../settle.ts";
import { cpuText, sizeText } from "./usage-text.ts";

interface Column {
  readonly title: string;
  readonly sort?: SortColumn;
  readonly align?: "right";
  /** Columns that it may have at most; the others share what is left. */
  readonly most: number;
  /** The lower, the earlier it goes when there is too little room. */
  readonly worth: number;
  readonly text: (app: AppStatus) => string;
  readonly paint?: (app: AppStatus) => (text: string) => string;
}

/** The titles, and a line for each app that there is room for. */
export function tableView(model: TopModel, style: Style): readonly string[] {
  const { size, offset, selected } = model;
  const rows = visibleApps(model);
  const shown = rows.slice(offset, offset + listHeight(model));
  const columns = columnsThatFit(columnsOf(model, style), rows, size.columns);
  const titles = columns.map(({ column, width }) => fitToWidth(titleOf(column, model), width, column.align));
  const lines = shown.map((app) => {
    const isSelected = keyOf(app) === selected;
    const cells = columns.map(({ column, width }) => {
      const text = fitToWidth(column.text(app), width, column.align);
      return isSelected || column.paint === undefined ? text : column.paint(app)(text);
    });
    return isSelected
      ? selectedLine(cells.join("  "), size.columns, style)
      : ` ${cells.join("  ")}`.trimEnd();
  });
  return [style.dim(` ${titles.join("  ")}`.trimEnd()), ...lines];
}

/** Also without colours one sees which it is. */
export function selectedLine(text: string, columns: number, style: Style): string {
  return style.enabled
    ? style.colour(7, fitToWidth(` ${text}`, columns))
    : fitToWidth(`>${text}`, columns).trimEnd();
}

function columnsOf(model: TopModel, style: Style): readonly Column[] {
  const { apps, now, usage } = model;
  const used = usage.size === 0 ? [] : usageColumns(usage);
  const label = appLabels(apps);
  const several = new Set(apps.map(({ project }) => project)).size > 1;
  const plain = (text: string): string => safeText(text, { keepColours: false });
  const project: Column = { title: "PROJECT", most: 16, worth: 4, text: (app) => plain(app.project) };
  return [
    ...(several ? [project] : []),
    { title: "NAME", sort: "name", most: 28, worth: 10, text: (app) => plain(label(app)) },
    {
      title: "STATE",
      sort: "state",
      most: 20,
      worth: 9,
      text: (app) => stateText(app, now),
      paint: (app) => statePaint(app.state, style),
    },
    {
      title: "HEALTH",
      most: 9,
      worth: 6,
      text: (app) => healthCell(app, style).text,
      paint: (app) => healthCell(app, style).paint ?? ((text) => text),
    },
    {
      title: "SINCE",
      sort: "uptime",
      align: "right",
      most: 7,
      worth: 7,
      text: (app) => ageText(now - Date.parse(app.since)),
    },
    {
      title: "RESTARTS",
      sort: "restarts",
      align: "right",
      most: 9,
      worth: 5,
      text: (app) => String(app.restarts),
      paint: (app) => (app.restarts > 0 ? style.yellow : (text) => text),
    },
    ...used,
    {
      title: "DETAIL",
      most: Number.POSITIVE_INFINITY,
      worth: 1,
      text: (app) => plain(detailOf(app, now)),
      paint: () => style.dim,
    },
  ];
}

function usageColumns(usage: TopModel["usage"]): readonly Column[] {
  // What an app used last is nothing of one that does not run.
  const usageOf = (app: AppStatus): Usage | undefined =>
    app.pid === null ? undefined : usage.get(keyOf(app));
  return [
    {
      title: "CPU",
      sort: "cpu",
      align: "right",
      most: 6,
      worth: 3,
      text: (app) => cpuText(usageOf(app)?.cpus),
    },
    {
      title: "MEMORY",
      sort: "memory",
      align: "right",
      most: 7,
      worth: 2,
      text: (app) => sizeText(usageOf(app)?.memoryBytes),
    },
  ];
}

function titleOf({ title, sort: own, align }: Column, { sort }: TopModel): string {
  if (own === undefined || own !== sort.by) return title;
  const mark = sort.reversed ? "▲" : "▼";
  return align === "right" ? `${mark}${title}` : `${title}${mark}`;
}

interface Fitted {
  readonly column: Column;
  readonly width: number;
}

const narrowestLast = 8;

/** The columns that there is room for, as wide as what is in any row; the last one takes what is left. */
function columnsThatFit(
  columns: readonly Column[],
  rows: readonly AppStatus[],
  room: number,
): readonly Fitted[] {
  const wanted = columns.map((column): Fitted => {
    const widest = Math.max(
      textWidth(column.title) + (column.sort === undefined ? 0 : 1),
      ...rows.map((row) => textWidth(column.text(row))),
    );
    return { column, width: Math.min(column.most, widest) };
  });
  let kept = wanted;
  for (;;) {
    const fixed = kept.filter(({ column }) => column.most !== Number.POSITIVE_INFINITY);
    const used = 1 + fixed.reduce((sum, { width }) => sum + width + 2, 0) - 2;
    const hasLast = fixed.length < kept.length;
    if (used + (hasLast ? narrowestLast + 2 : 0) <= room) {
      return kept.map((each) => (fixed.includes(each) ? each : { ...each, width: room - used - 2 }));
    }
    if (kept.length <= 1) return kept.map((each) => ({ ...each, width: Math.max(1, room - 1) }));
    const least = kept.reduce((a, b) => (b.column.worth < a.column.worth ? b : a));
    kept = kept.filter((each) => each !== least);
  }
}
