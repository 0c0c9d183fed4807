import type { AppStatus, DaemonEvent } from "../../api.ts";
import { exitText, type Tone, toneOf } from "../../state/state-look.ts";

/** A stretch of one instance's life in one state. Times are wall ms. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly tone: Tone;
  readonly text: string;
}

/** A moment that is more than the change from one state to the next. */
export interface Mark {
  readonly at: number;
  readonly kind: "crash" | "ready" | "warning" | "deploy";
  readonly text: string;
}

export interface Lane {
  readonly instance: number;
  readonly segments: readonly Segment[];
  readonly marks: readonly Mark[];
}

export interface Timeline {
  readonly lanes: readonly Lane[];
  readonly operations: readonly Segment[];
  /** What happened to the app as a whole. */
  readonly marks: readonly Mark[];
}

/** The picture of an app's life between two moments, from what was told of it, and from how it is now. */
export function timeline(
  events: readonly DaemonEvent[],
  rows: readonly AppStatus[],
  { from, to }: { readonly from: number; readonly to: number },
): Timeline {
  const instances = new Set(
    [...rows, ...events.flatMap(({ app }) => app ?? [])].map(({ instance }) => instance),
  );
  const lanes = [...instances]
    .sort((a, b) => a - b)
    .map((instance) =>
      laneOf(
        instance,
        events,
        rows.find((row) => row.instance === instance),
        from,
        to,
      ),
    )
    .filter(({ segments }) => segments.length > 0);
  return { lanes, operations: operationsOf(events, from, to), marks: marksOf(events, from, to) };
}

function laneOf(
  instance: number,
  events: readonly DaemonEvent[],
  row: AppStatus | undefined,
  from: number,
  to: number,
): Lane {
  const own = events.filter(({ app }) => app?.instance === instance);
  const segments: Segment[] = [];
  const marks: Mark[] = [];
  for (const [index, { app, time, message }] of own.entries()) {
    if (app === null) continue;
    const began = Date.parse(time);
    const ended = Date.parse(own[index + 1]?.time ?? new Date(to).toISOString());
    if (ended <= from || began >= to) continue;
    segments.push({ from: Math.max(from, began), to: Math.min(to, ended), tone: toneOf(app), text: message });
    if (began < from) continue;
    const before = own[index - 1]?.app;
    const isCrash = (app.state === "backoff" || app.state === "failed") && app.exit !== null;
    if (isCrash) marks.push({ at: began, kind: "crash", text: `${exitText(app)}: ${message}` });
    else if (app.ready && before?.ready === false)
      marks.push({ at: began, kind: "ready", text: `ready: ${message}` });
  }
  if (own.length === 0 && row !== undefined) {
    const began = Math.max(from, Date.parse(row.since));
    segments.push({ from: Math.min(began, to), to, tone: toneOf(row), text: `${row.name} is ${row.state}` });
  }
  return { instance, segments, marks };
}

function operationsOf(events: readonly DaemonEvent[], from: number, to: number): readonly Segment[] {
  const newest = new Map(
    events.flatMap(({ operation }) => (operation === null ? [] : [[operation.id, operation] as const])),
  );
  return [...newest.values()].flatMap(({ kind, state, since, ended, by, error }) => {
    const [began, over] = [Date.parse(since), ended === null ? to : Date.parse(ended)];
    if (over < from || began > to) return [];
    const tone: Tone = state === "failed" ? "bad" : state === "running" ? "busy" : "done";
    const text = `${kind} ${state}${by === null ? "" : `, asked by ${by}`}${error === null ? "" : `: ${error}`}`;
    return [{ from: Math.max(from, began), to: Math.min(to, over), tone, text }];
  });
}

function marksOf(events: readonly DaemonEvent[], from: number, to: number): readonly Mark[] {
  return events.flatMap(({ type, time, message }): Mark[] => {
    const at = Date.parse(time);
    if (at < from || at > to) return [];
    if (type === "warning") return [{ at, kind: "warning", text: message }];
    if (type === "project" || type === "watch") return [{ at, kind: "deploy", text: message }];
    return [];
  });
}

/** What is narrower than a pixel is drawn together with its neighbours; the worst of them gives the colour. */
export function merged(segments: readonly Segment[], msPerPixel: number): readonly Segment[] {
  const drawn: Segment[] = [];
  for (const segment of segments) {
    const last = drawn.at(-1);
    const isNarrow = last !== undefined && segment.to - last.from < msPerPixel;
    if (!isNarrow) drawn.push(segment);
    else
      drawn[drawn.length - 1] = {
        ...(gravity(segment.tone) > gravity(last.tone) ? segment : last),
        from: last.from,
        to: segment.to,
      };
  }
  return drawn;
}

function gravity(tone: Tone): number {
  return ["idle", "done", "good", "busy", "ending", "unknown", "waiting", "bad"].indexOf(tone);
}
