import type { AppStatus, LogLine } from "@holdfast/daemon/api";
import type { Key, KeyName } from "../../src/top/keys.ts";
import { type Ask, initialModel, type TopModel } from "../../src/top/model.ts";
import { press } from "../../src/top/press.ts";
import { type Told, tell } from "../../src/top/told.ts";
import { appRow, start } from "../app-row.ts";

export const now: number = Date.parse(start) + 65_000;

export const shop: readonly AppStatus[] = [
  appRow({ name: "db", health: "healthy", ports: [5432] }),
  appRow({ name: "web", instance: 1, restarts: 2 }),
  appRow({ name: "web", instance: 2, state: "failed", pid: null, lastError: "exited with code 1" }),
  appRow({
    name: "worker",
    state: "starting",
    pid: null,
    waitingFor: [{ app: "db", condition: "service_healthy" }],
  }),
];

/** A screen that is connected and shows these apps. */
export function shownModel(
  apps: readonly AppStatus[] = shop,
  size: TopModel["size"] = { columns: 80, rows: 12 },
): TopModel {
  return told(
    initialModel(size, now, "shop"),
    { type: "connection", connection: { kind: "connected", pid: 42, version: "0.1.0" } },
    { type: "apps", apps },
  );
}

export function told(model: TopModel, ...all: readonly Told[]): TopModel {
  return all.reduce(tell, model);
}

const names: ReadonlySet<string> = new Set([
  "up",
  "down",
  "left",
  "page-up",
  "page-down",
  "home",
  "end",
  "enter",
  "escape",
  "backspace",
  "tab",
  "ctrl-c",
  "ctrl-l",
  "ctrl-u",
  "ctrl-z",
] satisfies readonly KeyName[]);

/** What keys lead to, given as their names or letters, with a space between them. */
export function pressed(
  model: TopModel,
  keys: string,
): { readonly model: TopModel; readonly asks: readonly Ask[] } {
  let now = model;
  const asks: Ask[] = [];
  for (const word of keys.split(" ")) {
    const key: Key = names.has(word)
      ? { kind: "named", name: word as KeyName }
      : { kind: "text", text: word };
    const next = press(now, key);
    now = next.model;
    asks.push(...next.asks);
  }
  return { model: now, asks };
}

export function logLines(count: number, from = 0): readonly LogLine[] {
  return Array.from({ length: count }, (_, at) => ({
    project: "shop",
    name: "db",
    instance: 1,
    time: start,
    text: `line ${from + at}`,
    offset: (from + at) * 10,
  }));
}
