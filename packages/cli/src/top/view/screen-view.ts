import type { AppStatus } from "@holdfast/daemon/api";
import { detailOf } from "../../terminal/ps-table.ts";
import { safeText } from "../../terminal/safe-text.ts";
import { stateText } from "../../terminal/state-text.ts";
import type { Style } from "../../terminal/style.ts";
import { cutToWidth, fitToWidth, textWidth } from "../../terminal/text-width.ts";
import { keyOf, type TopModel, type View } from "../model.ts";
import { appOf, selectedApp, visibleApps } from "../rows.ts";
import { listHeight, textHeight } from "../settle.ts";
import { graphView } from "./graph-view.ts";
import { helpView } from "./help-view.ts";
import { logsPlace, logsView } from "./logs-view.ts";
import { tableView } from "./table-view.ts";
import { whyView } from "./why-view.ts";

/** The whole screen: as many lines as it has, none of them wider than it is. */
export function screenView(model: TopModel, style: Style): readonly string[] {
  const { columns, rows } = model.size;
  if (rows <= 0 || columns <= 0) return [];
  const body = rows > 2 ? bodyOf(model, style) : [];
  const filled = [...body, ...Array<string>(rows).fill("")].slice(0, Math.max(0, rows - 2));
  const lines = [headOf(model, style), ...filled, ...(rows > 1 ? [footOf(model, style)] : [])];
  return lines.map((line) => cutToWidth(line, columns));
}

function bodyOf(model: TopModel, style: Style): readonly string[] {
  const { view, size } = model;
  const height = textHeight(model);
  switch (view.kind) {
    case "table":
    case "graph": {
      const list = view.kind === "table" ? tableView(model, style) : graphView(model, style);
      const full = [...list, ...emptyText(model, style), ...Array<string>(size.rows).fill("")];
      return [...full.slice(0, listHeight(model) + 1), selectedText(model, style)];
    }
    case "logs":
      return logsView(model, view, height, style);
    case "why":
      return scrolled(whyView(view.answer, size.columns, model.now, style), view.scroll, height);
    case "help":
      return scrolled(helpView(), view.scroll, height);
  }
}

function scrolled(lines: readonly string[], scroll: number, height: number): readonly string[] {
  const from = Math.min(scroll, Math.max(0, lines.length - height));
  return lines.slice(from, from + height);
}

/** The first line: what this is, how many are how, and where one is. */
function headOf(model: TopModel, style: Style): string {
  const { view, size, connection, project, now } = model;
  const place = view.kind === "help" ? view.back : view;
  const right =
    connection.kind === "reconnecting"
      ? `reconnecting ${Math.max(0, Math.floor((now - connection.since) / 1_000))}s`
      : view.kind === "logs"
        ? logsPlace(model, view)
        : `daemon ${connection.pid}`;
  const left =
    place.kind === "logs" || place.kind === "why"
      ? appHead(model, place.of.name, appOf(model, place.of), place.kind)
      : `holdfast ${plain(project ?? "all projects")}  ${counts(model)}`;
  const room = size.columns - textWidth(right) - 2;
  const text = ` ${fitToWidth(left, Math.max(0, room - 1))} ${right}`;
  const line = fitToWidth(text, size.columns);
  if (!style.enabled) return line;
  // Reverse, and yellow while what is shown may be old.
  return connection.kind === "reconnecting"
    ? style.colour(43, style.colour(30, line))
    : style.colour(7, line);
}

function appHead({ now, apps }: TopModel, name: string, app: AppStatus | undefined, kind: string): string {
  const title = kind === "logs" ? "log of" : "why is";
  if (app === undefined) return `${title} ${plain(name)}, which is gone`;
  const isOne = apps.filter((other) => other.project === app.project && other.name === app.name).length === 1;
  const label = `${app.project}/${app.name}${isOne ? "" : `.${app.instance}`}`;
  return `${title} ${plain(label)}: ${stateText(app, now)}`;
}

/** `5 apps: 3 running, 1 failed`. */
function counts({ apps }: TopModel): string {
  const byState = new Map<string, number>();
  for (const { state } of apps) byState.set(state, (byState.get(state) ?? 0) + 1);
  const parts = [...byState].toSorted(([, a], [, b]) => b - a).map(([state, count]) => `${count} ${state}`);
  const total = apps.length === 1 ? "1 app" : `${apps.length} apps`;
  return parts.length === 0 ? total : `${total}: ${parts.join(", ")}`;
}

function emptyText(model: TopModel, style: Style): readonly string[] {
  const { apps, filter, connection, project } = model;
  if (visibleApps(model).length > 0) return [];
  if (connection.kind === "reconnecting" && apps.length === 0) {
    return ["", style.dim(" no daemon answers; holdfast up starts one, and this shows it")];
  }
  if (apps.length > 0) return ["", style.dim(` no app has “${plain(filter)}”; Esc shows all`)];
  const of = project === undefined ? "" : ` of project ${project}`;
  return ["", style.dim(` the daemon knows no app${of}; holdfast up starts those of a manifest`)];
}

/** The line above the keys: all that is to be said of the selected app. */
function selectedText(model: TopModel, style: Style): string {
  const app = selectedApp(model);
  if (app === undefined || !visibleApps(model).some((row) => keyOf(row) === keyOf(app))) return "";
  const ports = app.ports.length === 0 ? "" : `port ${app.ports.join(", ")}`;
  const pid = app.pid === null ? "" : `pid ${app.pid}`;
  const parts = [pid, ports, detailOf(app, model.now)].filter((part) => part !== "");
  return style.dim(
    ` ${plain(app.name)}: ${parts.length === 0 ? "nothing more to say of it" : plain(parts.join(", "))}`,
  );
}

function footOf(model: TopModel, style: Style): string {
  const { prompt, notice } = model;
  if (prompt?.kind === "confirm") return style.bold(` ${plain(prompt.question)} y / n`);
  if (prompt !== undefined) {
    const name = prompt.kind === "filter" ? "show" : "search";
    return ` ${name}: ${plain(prompt.text)}${style.colour(7, " ")}  ${style.dim("Enter takes it, Esc does not")}`;
  }
  if (notice !== undefined)
    return notice.tone === "error" ? style.red(` ${plain(notice.text)}`) : ` ${plain(notice.text)}`;
  return style.dim(keysText(model));
}

/** The keys, as many of them as there is room for; the first ones are needed most. */
function keysText({ view, connection, size }: TopModel): string {
  const keys = connection.kind === "reconnecting" ? ["what is shown may be old", "q quit"] : keysOf(view);
  let text = "";
  for (const key of keys) {
    const longer = `${text}${text === "" ? " " : "  "}${key}`;
    if (textWidth(longer) > size.columns) break;
    text = longer;
  }
  return text;
}

function keysOf(view: View): readonly string[] {
  const actions = ["s start", "x stop", "r restart"];
  switch (view.kind) {
    case "table":
      return ["q quit", "? keys", "Enter log", "w why", ...actions, "g graph", "/ filter", "o sort"];
    case "graph":
      return ["q quit", "? keys", "Enter log", "w why", ...actions, "g table", "/ filter"];
    case "logs": {
      const hold = view.top === "end" ? "f hold" : "f follow";
      return ["Esc back", "? keys", hold, "/ search", "n N next, previous", "w why", "r restart"];
    }
    case "why":
      return ["Esc back", "? keys", "l log", ...actions];
    case "help":
      return ["any other key goes back"];
  }
}

function plain(text: string): string {
  return safeText(text.replaceAll("\n", " "), { keepColours: false });
}
