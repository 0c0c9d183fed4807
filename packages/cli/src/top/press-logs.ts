import type { LogLine } from "@holdfast/daemon/api";
import { makeStyle } from "../terminal/style.ts";
import type { Key } from "./keys.ts";
import { endTop } from "./log-rows.ts";
import type { LogsView, TopModel } from "./model.ts";
import type { Pressed } from "./press.ts";
import { textHeight } from "./settle.ts";
import { stepOf } from "./step.ts";

/** A key in the view of a log; undefined for one that is not of this view alone. */
export function pressInLogs(model: TopModel, view: LogsView, key: Key): Pressed | undefined {
  const page = textHeight(model);
  const end = endTop(view, model.size.columns, page, makeStyle(false));
  const step = stepOf(key, page);
  if (step !== undefined) return moved(model, view, step, end);
  if (key.kind === "named") {
    if (key.name === "escape" && view.search !== "") return shown(model, { ...view, search: "" });
    if (key.name === "escape" || key.name === "left" || key.name === "backspace") {
      return { model: { ...model, view: { kind: view.back } }, asks: [] };
    }
    return undefined;
  }
  switch (key.text) {
    case "f":
      return shown(model, { ...view, top: view.top === "end" ? end : "end" });
    case "/":
      return {
        model: { ...model, prompt: { kind: "search", text: view.search, before: view.search } },
        asks: [],
      };
    case "n":
      return found(model, view, 1, end);
    case "N":
      return found(model, view, -1, end);
    case "l":
      return shown(model, view);
    default:
      return undefined;
  }
}

/** Whether a line has what is searched for, whatever the case of its letters. */
export function hasText({ text }: LogLine, search: string): boolean {
  return search !== "" && text.toLowerCase().includes(search.toLowerCase());
}

function moved(model: TopModel, view: LogsView, step: number, last: number): Pressed {
  const from = view.top === "end" ? last : view.top;
  const wanted = from + step;
  const top = wanted > last || (wanted === last && step > 0) ? "end" : Math.max(view.first, wanted);
  const isAtTop = step < 0 && wanted <= view.first;
  if (!isAtTop || view.older !== "some") return shown(model, { ...view, top });
  return { model: { ...model, view: { ...view, top, older: "asked" } }, asks: [{ kind: "older-lines" }] };
}

/** The next line with the text that is searched for, from the top of the screen down, or up. */
function found(model: TopModel, view: LogsView, step: 1 | -1, end: number): Pressed {
  if (view.search === "") return shown(model, view);
  const { lines, first } = view;
  const from = view.top === "end" ? (step > 0 ? end : first + lines.length) : view.top;
  for (let at = from - first + step; at >= 0 && at < lines.length; at += step) {
    const line = lines[at];
    if (line !== undefined && hasText(line, view.search)) return shown(model, { ...view, top: first + at });
  }
  const where = step > 0 ? "further down" : "further up";
  return {
    model: {
      ...model,
      notice: { text: `no “${view.search}” ${where}`, tone: "plain", until: model.now + 3_000 },
    },
    asks: [],
  };
}

function shown(model: TopModel, view: LogsView): Pressed {
  return { model: { ...model, view }, asks: [] };
}
