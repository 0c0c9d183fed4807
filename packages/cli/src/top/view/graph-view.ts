import { appLabel } from "../../targets/app-label.ts";
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
  const labels = rows.map((row) => plain(`${row.branches}${appLabel(row.app, model.apps)}`));
  const room = Math.max(8, Math.floor(size.columns * 0.45));
  const width = Math.min(room, Math.max(0, ...labels.map(textWidth)));
  const lines = rows.slice(offset, offset + listHeight(model)).map((row, at) => {
    const isSelected = keyOf(row.app) === selected;
    const label = fitToWidth(labels[offset + at] ?? "", width);
    const state = stateCell(row, model);
    if (isSelected) return selectedLine(`${label}  ${state}  ${edgeText(row, model)}`, size.columns, style);
    const text = ` ${label}  ${statePaint(row.app.state, style)(state)}  ${style.dim(edgeText(row, model))}`;
    return cutToWidth(text.trimEnd(), size.columns);
  });
  const note = dependencies.size === 0 ? "" : ", each below what it comes up after";
  return [style.dim(cutToWidth(` DEPENDENCIES${note}`, size.columns)), ...lines];
}

function stateCell({ app }: GraphRow, { now }: TopModel): string {
  const health = app.state === "running" && app.health !== "none" ? `, ${app.health}` : "";
  return `${stateText(app, now)}${health}`;
}

/** `when healthy; also needs cache (started)`, or what an app says of itself. */
function edgeText({ app, condition, others }: GraphRow, { now }: TopModel): string {
  const waits = detailOf(app, now);
  if (app.waitingFor.length > 0) return plain(waits);
  const parts = [
    ...(condition === undefined ? [] : [`after it is ${conditionText(condition)}`]),
    ...(others.length === 0
      ? []
      : [`and ${others.map((other) => `${other.app} is ${conditionText(other.condition)}`).join(", ")}`]),
  ];
  return plain(parts.join(" "));
}

function conditionText(condition: string): string {
  return condition.replace(/^(?:service|process)_/, "").replaceAll("_", " ");
}

function plain(text: string): string {
  return safeText(text, { keepColours: false });
}
