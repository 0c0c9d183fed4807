import type { FieldChange, Plan, PlannedApp } from "@holdfast/daemon/api";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";

/** A plan for people: a line for each app, what differs below it, and how long stops can take. */
export function planText(plan: Plan, style: Style): string {
  const { project, apps, hasChanges, stopMs } = plan;
  const width = Math.max(0, ...apps.map(({ name }) => name.length));
  const lines = apps.flatMap((app) => [
    `${mark(app, style)} ${app.name.padEnd(width)}  ${what(app)}`,
    ...app.fields.map((field) => `    ${fieldText(field, style)}`),
  ]);
  if (!hasChanges) lines.push(`nothing to do: ${project} is as the manifest says`);
  if (stopMs > 0) lines.push(`its stops take at most ${seconds(stopMs)}`);
  lines.push(...downLines(plan));
  return `${lines.join("\n")}\n`;
}

/** One line for `up`: what it does to a project that was there before; undefined when that is nothing or all is new. */
export function planSummary({ apps, stopMs }: Plan): string | undefined {
  const known = apps.filter(({ change }) => change !== "added");
  if (known.length === 0) return undefined;
  const named = (title: string, wanted: (app: PlannedApp) => boolean, more = ""): readonly string[] => {
    const names = apps.filter(wanted).map(({ name }) => name);
    return names.length === 0 ? [] : [`${title}: ${names.join(", ")}${more}`];
  };
  const parts = [
    ...named("added", ({ change }) => change === "added"),
    ...named("restarted", isRestarted, ` (stopped within ${seconds(stopMs)})`),
    ...named("changed", ({ change, action }) => change === "changed" && !isRestarted({ action })),
    ...named("removed", ({ change }) => change === "removed"),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function isRestarted({ action }: Pick<PlannedApp, "action">): boolean {
  return action === "restart" || action === "roll";
}

function mark({ change, action }: PlannedApp, { green, red, yellow, dim }: Style): string {
  if (change === "added") return green("+");
  if (change === "removed") return red("-");
  if (change === "orphaned") return yellow("!");
  return change === "changed" || action !== "none" ? yellow("~") : dim("=");
}

function what({ change, action, because, stopMs }: PlannedApp): string {
  if (change === "orphaned") return "not in this manifest, left as it is (--remove-orphans removes it)";
  const within = stopMs > 0 ? ` (stops within ${seconds(stopMs)})` : "";
  const why = because === null ? "" : `, since ${because}`;
  const doing = {
    start: ", is started",
    restart: `, is restarted${why}${within}`,
    roll: `, is restarted in batches${why}${within}`,
    scale: `, instances are started or stopped${within}`,
    stop: `, is stopped${within}`,
    none: change === "changed" || change === "added" ? ", nothing is restarted or started" : "",
  } as const;
  return `${change}${doing[action]}`;
}

function fieldText({ field, from, to }: FieldChange, { dim }: Style): string {
  const isHidden = from === to;
  const values = isHidden ? dim("another value, not shown") : `${shown(from)} → ${shown(to)}`;
  return `${field}: ${values}`;
}

function shown(value: string | null): string {
  return value === null ? "none" : safeText(value, { keepColours: false }).replaceAll("\n", "⏎");
}

function downLines({ downMs, downPath }: Plan): readonly string[] {
  if (downPath.length === 0) return [];
  const path = downPath.length === 1 ? (downPath[0] ?? "") : downPath.join(", then ");
  return [`down takes at most ${seconds(downMs)} afterwards: ${path}`];
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}
