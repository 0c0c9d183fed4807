import type { Target } from "@holdfast/daemon/api";
import { makeStyle } from "../terminal/style.ts";
import type { Key } from "./keys.ts";
import { type Ask, keyOf, type ListKind, type Prompt, sortColumns, type TopModel } from "./model.ts";
import { pressInLogs } from "./press-logs.ts";
import { selectedApp, visibleApps } from "./rows.ts";
import { listHeight, settle, textHeight } from "./settle.ts";
import { stepOf } from "./step.ts";
import { helpView } from "./view/help-view.ts";
import { whyView } from "./view/why-view.ts";

/** What a key leads to: another model, and what is asked of the world. */
export interface Pressed {
  readonly model: TopModel;
  readonly asks: readonly Ask[];
}

export function press(model: TopModel, key: Key): Pressed {
  if (key.kind === "named") {
    if (key.name === "ctrl-c") return { model, asks: [{ kind: "quit" }] };
    if (key.name === "ctrl-z") return { model, asks: [{ kind: "suspend" }] };
    if (key.name === "ctrl-l") return { model, asks: [{ kind: "redraw" }] };
  }
  const pressed =
    model.prompt === undefined ? pressInView(model, key) : pressInPrompt(model, model.prompt, key);
  return { ...pressed, model: settle(pressed.model) };
}

function pressInPrompt(model: TopModel, prompt: Prompt, key: Key): Pressed {
  if (prompt.kind === "confirm") {
    const isYes = key.kind === "text" && key.text.toLowerCase() === "y";
    return { model: { ...model, prompt: undefined }, asks: isYes ? [prompt.ask] : [] };
  }
  if (key.kind === "text") return only(typed(model, prompt, prompt.text + key.text));
  if (key.name === "enter") return only({ ...model, prompt: undefined });
  if (key.name === "escape") return only({ ...typed(model, prompt, prompt.before), prompt: undefined });
  if (key.name === "backspace") return only(typed(model, prompt, [...prompt.text].slice(0, -1).join("")));
  return only(key.name === "ctrl-u" ? typed(model, prompt, "") : model);
}

/** A filter and a search show what they find while they are typed. */
function typed(
  model: TopModel,
  prompt: Exclude<Prompt, { readonly kind: "confirm" }>,
  text: string,
): TopModel {
  const next: TopModel = { ...model, prompt: { ...prompt, text } };
  if (prompt.kind === "filter") return { ...next, filter: text };
  return next.view.kind === "logs" ? { ...next, view: { ...next.view, search: text } } : next;
}

function pressInView(model: TopModel, key: Key): Pressed {
  if (key.kind === "text" && key.text === "?" && model.view.kind !== "help") {
    return only({ ...model, view: { kind: "help", scroll: 0, back: model.view } });
  }
  switch (model.view.kind) {
    case "table":
    case "graph":
      return pressInList(model, model.view.kind, key);
    case "logs":
      return pressInLogs(model, model.view, key) ?? pressAnywhere(model, model.view.back, key);
    case "why": {
      if (isBack(key)) return only({ ...model, view: { kind: model.view.back } });
      const scroll = scrolled(model, model.view.scroll, key);
      if (scroll !== undefined) return only({ ...model, view: { ...model.view, scroll } });
      return pressAnywhere(model, model.view.back, key);
    }
    case "help": {
      const scroll = scrolled(model, model.view.scroll, key);
      if (scroll !== undefined) return only({ ...model, view: { ...model.view, scroll } });
      return only({ ...model, view: model.view.back });
    }
  }
}

/** Where a text view is after a key that moves it. */
function scrolled(model: TopModel, scroll: number, key: Key): number | undefined {
  const step = stepOf(key, textHeight(model));
  if (step === undefined) return undefined;
  const last = Math.max(0, pageLines(model) - textHeight(model));
  return Math.min(last, Math.max(0, scroll + step));
}

function pageLines({ view, size, now }: TopModel): number {
  if (view.kind === "help") return helpView().length;
  return view.kind === "why" ? whyView(view.answer, size.columns, now, makeStyle(false)).length : 0;
}

function pressInList(model: TopModel, kind: ListKind, key: Key): Pressed {
  const step = stepOf(key, listHeight(model));
  if (step !== undefined) return only(moved(model, step));
  if (key.kind === "named") {
    if (key.name === "enter" || key.name === "right") return only(openLogs(model, kind));
    if (key.name === "escape") return only({ ...model, filter: "", view: { kind: "table" } });
    if (key.name === "tab") return only({ ...model, view: { kind: kind === "table" ? "graph" : "table" } });
    return only(model);
  }
  switch (key.text) {
    case "q":
      return { model, asks: [{ kind: "quit" }] };
    case "g":
      return only({ ...model, view: { kind: kind === "graph" ? "table" : "graph" } });
    case "t":
      return only({ ...model, view: { kind: "table" } });
    case "/":
      return only({ ...model, prompt: { kind: "filter", text: model.filter, before: model.filter } });
    case "o":
      return only({ ...model, sort: { by: nextSort(model), reversed: false } });
    case "O":
      return only({ ...model, sort: { ...model.sort, reversed: !model.sort.reversed } });
    default:
      return pressAnywhere(model, kind, key);
  }
}

/** What works in every view that is about an app. */
function pressAnywhere(model: TopModel, back: ListKind, key: Key): Pressed {
  if (key.kind === "named") return only(model);
  switch (key.text) {
    case "q":
      return { model, asks: [{ kind: "quit" }] };
    case "l":
      return only(openLogs(model, back));
    case "w":
      return only(openWhy(model, back));
    case "s":
      return operate(model, "start");
    case "x":
      return operate(model, "stop");
    case "r":
      return operate(model, "restart");
    case "X":
      return confirmAll(model, "stop");
    case "R":
      return confirmAll(model, "restart");
    case "S":
      return confirmAll(model, "start");
    default:
      return only(model);
  }
}

function isBack(key: Key): boolean {
  return key.kind === "named" && (key.name === "escape" || key.name === "left" || key.name === "backspace");
}

function moved(model: TopModel, step: number): TopModel {
  const rows = visibleApps(model);
  const index = rows.findIndex((app) => keyOf(app) === model.selected);
  const row = rows[Math.min(rows.length - 1, Math.max(0, index + step))];
  return row === undefined ? model : { ...model, selected: keyOf(row) };
}

function openLogs(model: TopModel, back: ListKind): TopModel {
  const app = selectedApp(model);
  if (app === undefined) return model;
  const { project, name, instance } = app;
  return {
    ...model,
    view: {
      kind: "logs",
      of: { project, name, instance },
      lines: [],
      first: 0,
      top: "end",
      search: "",
      older: "some",
      back,
    },
  };
}

function openWhy(model: TopModel, back: ListKind): TopModel {
  const app = selectedApp(model);
  if (app === undefined) return model;
  const { project, name, instance } = app;
  return {
    ...model,
    view: { kind: "why", of: { project, name, instance }, answer: undefined, scroll: 0, back },
  };
}

function operate(model: TopModel, operation: "start" | "stop" | "restart"): Pressed {
  const app = selectedApp(model);
  if (app === undefined) return only(model);
  const { project, name, instance } = app;
  const isOne = model.apps.filter((other) => other.project === project && other.name === name).length === 1;
  // The graph shows apps, the table instances.
  const target = isOne || model.view.kind === "graph" ? { project, name } : { project, name, instance };
  return { model, asks: [{ kind: "operate", operation, targets: [target] }] };
}

function confirmAll(model: TopModel, operation: "start" | "stop" | "restart"): Pressed {
  const apps = visibleApps(model.view.kind === "graph" ? model : { ...model, view: { kind: "table" } });
  const names = new Map(
    apps.map(({ project, name }): [string, Target] => [`${project}/${name}`, { project, name }]),
  );
  if (names.size === 0) return only(model);
  const all = model.filter === "" ? "all" : "the";
  const count = names.size === 1 ? `the app ${apps[0]?.name}` : `${all} ${names.size} apps`;
  const shown = model.filter === "" ? "" : " that are shown";
  const question = `${operation} ${count}${shown}?`;
  const ask: Ask = { kind: "operate", operation, targets: [...names.values()] };
  return only({ ...model, prompt: { kind: "confirm", question, ask } });
}

function nextSort({ sort }: TopModel): TopModel["sort"]["by"] {
  const index = sortColumns.indexOf(sort.by);
  return sortColumns[(index + 1) % sortColumns.length] ?? "name";
}

function only(model: TopModel): Pressed {
  return { model, asks: [] };
}
