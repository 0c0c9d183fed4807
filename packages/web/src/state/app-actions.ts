import type { AppStatus, StateName } from "../api.ts";

/** What can be asked of an app. */
export type ActionName = "start" | "stop" | "restart";

const down: ReadonlySet<StateName> = new Set(["stopped", "completed", "failed"]);
const ending: ReadonlySet<StateName> = new Set(["stopping", "removing", "installing"]);

/** True where asking for it would change anything. */
export function canDo(action: ActionName, { state }: AppStatus): boolean {
  switch (action) {
    case "start":
      return down.has(state) || state === "backoff";
    case "stop":
      return !down.has(state) && !ending.has(state);
    case "restart":
      return !ending.has(state);
  }
}

/** Why none of them can be asked for it, for a person to read; null where one can. */
export function whyNotNow(action: ActionName, rows: readonly AppStatus[]): string | null {
  if (rows.some((row) => canDo(action, row))) return null;
  return `It is ${rows[0]?.state ?? "not there"}: there is nothing to ${action}.`;
}

export const actionNames: readonly ActionName[] = ["start", "stop", "restart"];
export const actionLabels: Readonly<Record<ActionName, string>> = {
  start: "Start",
  stop: "Stop",
  restart: "Restart",
};
