import type { AppStatus, StateName } from "@holdfast/daemon/api";
import { appLabel } from "../targets/app-label.ts";
import { ageText, untilText } from "./age.ts";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";
import { type Cell, tableLines } from "./table.ts";
import { cutToWidth } from "./text-width.ts";

export interface PsFormat {
  readonly style: Style;
  /** Columns that the table may have; absent, it is as wide as it is. */
  readonly width?: number;
  /** Wall-clock milliseconds. */
  readonly now: number;
}

/** The lines of `holdfast ps`. */
export function psTable(apps: readonly AppStatus[], { style, width, now }: PsFormat): string[] {
  const severalProjects = new Set(apps.map(({ project }) => project)).size > 1;
  const rows = apps.map((app): readonly Cell[] => [
    { text: severalProjects ? app.project : "" },
    { text: appLabel(app, apps) },
    { text: app.state, paint: statePaint(app.state, style) },
    healthCell(app, style),
    { text: app.pid === null ? "-" : String(app.pid) },
    { text: String(app.restarts) },
    { text: ageText(now - Date.parse(app.since)) },
    { text: detailOf(app, now), paint: style.dim },
  ]);
  const lines = tableLines(
    [
      { title: "PROJECT" },
      { title: "NAME" },
      { title: "STATE" },
      { title: "HEALTH" },
      { title: "PID", align: "right" },
      { title: "RESTARTS", align: "right" },
      { title: "SINCE", align: "right" },
      { title: "DETAIL" },
    ],
    rows,
    { paintTitle: style.dim, ...(width !== undefined && { width }) },
  );
  // Long names leave no room for the rest.
  return width === undefined ? lines : lines.map((line) => cutToWidth(line, width));
}

/** What else is to be said of an app: what it waits for, how it ended, when it runs next. */
export function detailOf(app: AppStatus, now: number): string {
  const parts: string[] = [];
  if (app.waitingFor.length > 0) {
    parts.push(
      `waits for ${app.waitingFor.map(({ app: name, condition }) => `${name} (${plain(condition)})`).join(", ")}`,
    );
  }
  const ended = app.state !== "running" && app.state !== "starting" && app.exit !== null;
  // What went wrong last often is the exit itself, in words.
  const saysExit = /^(?:exited with|was killed by) /.test(app.lastError ?? "");
  if (ended && app.exit !== null && !saysExit) parts.push(exitText(app.exit));
  if (app.state === "backoff" && app.next !== null) {
    parts.push(`restart ${app.restarts} ${untilText(app.next, now)}`);
  } else if (app.next !== null) {
    parts.push(`next run ${untilText(app.next, now)}`);
  }
  if (app.status !== null && app.state === "running")
    parts.push(safeText(app.status, { keepColours: false }));
  const missing = app.limits?.notEnforced ?? [];
  if (missing.length > 0) parts.push(`${missing.join(", ")} not limited`);
  if (app.lastError !== null)
    parts.push(safeText(app.lastError.replaceAll("\n", " "), { keepColours: false }));
  return parts.join(", ");
}

/** `exit 1`, `SIGKILL`, or that nobody saw it. */
export function exitText({ code, signal }: NonNullable<AppStatus["exit"]>): string {
  if (code !== null) return `exit ${code}`;
  return signal ?? "exit unknown";
}

export function healthCell({ health, ready, state }: AppStatus, style: Style): Cell {
  switch (health) {
    case "healthy":
      return { text: health, paint: style.green };
    case "unhealthy":
      return { text: health, paint: style.red };
    case "starting":
      return { text: health, paint: style.yellow };
    case "none":
      return state === "running" && !ready ? { text: "not ready", paint: style.yellow } : { text: "-" };
  }
}

export function statePaint(state: StateName, style: Style): (text: string) => string {
  switch (state) {
    case "running":
      return style.green;
    case "failed":
      return style.red;
    case "starting":
    case "stopping":
    case "restarting":
    case "backoff":
    case "installing":
    case "removing":
    case "unknown":
      return style.yellow;
    case "stopped":
    case "completed":
      return style.dim;
  }
}

/** `service_completed_successfully` is what the file says; the table has little room. */
function plain(condition: string): string {
  return condition.replace(/^service_/, "").replaceAll("_", " ");
}
