import type { AppStatus, LogLine, Usage, Why } from "@holdfast/daemon/api";
import { type AppId, type Connection, type Dependency, keyOf, type TopModel } from "./model.ts";
import { settle } from "./settle.ts";

/** What `top` is told, by the daemon or about it. */
export type Told =
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "apps"; readonly apps: readonly AppStatus[] }
  | { readonly type: "usage"; readonly usage: readonly Usage[] }
  | { readonly type: "dependencies"; readonly dependencies: TopModel["dependencies"] }
  /** All lines of an app's log so far, for who begins to follow it again. */
  | { readonly type: "log-begins"; readonly of: AppId }
  | { readonly type: "lines"; readonly of: AppId; readonly lines: readonly LogLine[] }
  | { readonly type: "older-lines"; readonly of: AppId; readonly lines: readonly LogLine[] }
  | { readonly type: "why"; readonly of: AppId; readonly answer: Why | undefined }
  | { readonly type: "notice"; readonly text: string; readonly tone: "plain" | "error" }
  | { readonly type: "resized"; readonly size: TopModel["size"] }
  | { readonly type: "time"; readonly now: number };

/** A log view keeps so many lines; older ones can be read again. */
export const mostLines = 20_000;
const noticeMs = 5_000;

/** What `top` shows after it was told something. */
export function tell(model: TopModel, told: Told): TopModel {
  switch (told.type) {
    case "connection":
      return { ...model, connection: told.connection };
    case "apps":
      return settle({ ...model, apps: told.apps });
    case "usage":
      return settle({ ...model, usage: withUsage(model.usage, told.usage) });
    case "dependencies":
      return settle({ ...model, dependencies: told.dependencies });
    case "log-begins":
      return inLog(model, told.of, (view) => ({ ...view, lines: [], first: 0, top: "end", older: "some" }));
    case "lines":
      return inLog(model, told.of, (view) => {
        const lines = [...view.lines, ...told.lines];
        // Who reads older lines keeps them; who follows does not need them.
        const extra = view.top === "end" ? Math.max(0, lines.length - mostLines) : 0;
        return {
          ...view,
          lines: extra > 0 ? lines.slice(extra) : lines,
          first: view.first + extra,
          older: extra > 0 ? "some" : view.older,
        };
      });
    case "older-lines":
      return inLog(model, told.of, (view) => {
        if (told.lines.length === 0) return { ...view, older: "none" };
        const lines = [...told.lines, ...view.lines];
        const older = lines.length >= mostLines * 2 ? "none" : "some";
        return { ...view, lines, first: view.first - told.lines.length, older };
      });
    case "why": {
      const { view } = model;
      if (view.kind !== "why" || keyOf(view.of) !== keyOf(told.of)) return model;
      return { ...model, view: { ...view, answer: told.answer } };
    }
    case "notice":
      return { ...model, notice: { text: told.text, tone: told.tone, until: model.now + noticeMs } };
    case "resized":
      return settle({ ...model, size: told.size });
    case "time": {
      const isOver = model.notice !== undefined && model.notice.until <= told.now;
      return { ...model, now: told.now, ...(isOver && { notice: undefined }) };
    }
  }
}

function inLog(
  model: TopModel,
  of: AppId,
  change: (view: Extract<TopModel["view"], { kind: "logs" }>) => TopModel["view"],
): TopModel {
  const { view } = model;
  if (view.kind === "help" && view.back.kind === "logs" && keyOf(view.back.of) === keyOf(of)) {
    const back = change(view.back);
    return back.kind === "logs" ? { ...model, view: { ...view, back } } : model;
  }
  return view.kind === "logs" && keyOf(view.of) === keyOf(of) ? { ...model, view: change(view) } : model;
}

function withUsage(before: TopModel["usage"], usage: readonly Usage[]): TopModel["usage"] {
  const next = new Map(before);
  for (const sample of usage) {
    const known = next.get(keyOf(sample));
    if (known === undefined || known.time <= sample.time) next.set(keyOf(sample), sample);
  }
  return next;
}

/** What each app needs, by `PROJECT/APP`. */
export function dependenciesOf(
  descriptions: readonly {
    readonly project: string;
    readonly name: string;
    readonly dependsOn: readonly Dependency[];
  }[],
): TopModel["dependencies"] {
  return new Map(descriptions.map(({ project, name, dependsOn }) => [`${project}/${name}`, dependsOn]));
}
