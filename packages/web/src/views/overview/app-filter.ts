import type { AppStatus } from "../../api.ts";
import { type Tone, toneOf } from "../../state/state-look.ts";

/** Which apps are shown, by how they are. */
export const groupNames = ["all", "running", "working", "trouble", "down"] as const;
export type GroupName = (typeof groupNames)[number];

export const groupLabels: Readonly<Record<GroupName, string>> = {
  all: "All",
  running: "Running",
  working: "Under way",
  trouble: "In trouble",
  down: "Not running",
};

const groupOfTone: Readonly<Record<Tone, GroupName>> = {
  good: "running",
  busy: "working",
  ending: "working",
  waiting: "working",
  bad: "trouble",
  unknown: "trouble",
  done: "down",
  idle: "down",
};

export function groupOf(row: AppStatus): GroupName {
  return row.state === "backoff" ? "trouble" : groupOfTone[toneOf(row)];
}

/** True when each word of the search is somewhere in what is to be seen of the app. */
export function isFound(row: AppStatus, search: string): boolean {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return true;
  const { project, name, instance, state, health, labels, ports, lastError, status } = row;
  const labelTexts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const text = [`${project}/${name}.${instance}`, state, health, ...labelTexts, ...ports, lastError, status]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export function countGroups(rows: Iterable<AppStatus>): Readonly<Record<GroupName, number>> {
  const counts: Record<GroupName, number> = { all: 0, running: 0, working: 0, trouble: 0, down: 0 };
  for (const row of rows) {
    counts.all++;
    counts[groupOf(row)]++;
  }
  return counts;
}
