import { appLabels } from "../../targets/app-label.ts";
import { detailOf, statePaint } from "../../terminal/ps-table.ts";
import { safeText } from "../../terminal/safe-text.ts";
import { stateText } from "../../terminal/state-text.ts";
import type { Style } from "../../terminal/style.ts";
import { cutToWidth, fitToWidth, textWidth } from "../../terminal/text-width.ts";
import { type GraphRow, graphRows } from "../graph-rows.ts";
import { keyOf, type TopModel } from "../model.ts";
import { visibleApps } from "../rows.ts";
import { listHeight } from "../settle.ts";
import { selectedLine } from "./table-view.ts";

/** The apps below what they need, with the state of each and what it waits for. */
export function graphView(model: TopModel, style: Style): readonly string[] {
  const { size, offset, selected, dependencies } = model;
  const rows = graphRows(visibleApps(model), dependencies);
  const label = appLabels(model.apps);
  const labels = rows.map((row) => plain(`${row.branches}${label(row.app)}`));
  const room = Math.max(8, Math.floor(size.columns * 0.45));
  const width = Math.min(room, Math.max(0, ...labels.map(textWidth)));
  const lines = rows.slice(offset, offset + listHeight(model)).map((row, at) => {
    const isSelected = keyOf(row.app) === selected;
    const named = fitToWidth(labels[offset + at] ?? "", width);
    const state = stateCell(row, model);
    if (isSelected) return selectedLine(`${named}  ${state}  ${edgeText(row, model)}`, size.columns, style);
    const text = ` ${named}  ${statePaint(row.app.state, style)(state)}  ${style.dim(edgeText(row, model))}`;
    return cutToWidth(text.trimEnd(), size.columns);
  });
  const note = dependencies.size === 0 ? "" : ", each below what it comes up after";
  return [style.dim(cutToWidth(` DEPENDENCIES${note}`, size.columns)), ...lines];
}

function stateCell({ app }: GraphRow, { now }: TopModel): string {
  const health = app.state === "running" && app.health !== "none" ? `, ${app.health}` : "";
  return `${stateText(app, now)}${health}`;
}

/** What it comes up after, in words; while it waits, what it still waits for. */
function edgeText({ app, needs }: GraphRow, { now }: TopModel): string {
  if (app.waitingFor.length > 0) return plain(detailOf(app, now));
  if (needs.length === 0) return "";
  return plain(`after ${needs.map((need) => `${need.app} ${conditionText(need.condition)}`).join(" and ")}`);
}

function conditionText(condition: string): string {
  switch (condition) {
    case "service_started":
      return "started";
    case "service_healthy":
      return "is healthy";
    case "service_completed_successfully":
      return "has completed";
    case "process_completed":
      return "has ended";
    default:
      return `is ${condition.replace(/^(?:service|process)_/, "").replaceAll("_", " ")}`;
  }
}

function plain(text: string): string {
  return safeText(text, { keepColours: false });
}
