import type { AppStatus, Usage } from "../../api.ts";
import { groupNames, groupOf } from "./app-filter.ts";

/** What the table is ordered by. */
export type OrderName = "name" | "state" | "uptime" | "restarts" | "cpu" | "memory";

export interface Order {
  readonly by: OrderName;
  readonly isDown: boolean;
}

/** Orders rows that come by name; equal ones stay as they were. */
export function ordered(
  rows: readonly AppStatus[],
  { by, isDown }: Order,
  usageOf: (row: AppStatus) => Usage | undefined,
): readonly AppStatus[] {
  if (by === "name") return isDown ? rows.toReversed() : rows;
  const figure = (row: AppStatus): number => {
    switch (by) {
      case "state":
        return -groupNames.indexOf(groupOf(row));
      case "uptime":
        return -Date.parse(row.since);
      case "restarts":
        return row.restarts;
      case "cpu":
        return usageOf(row)?.cpus ?? -1;
      case "memory":
        return usageOf(row)?.memoryBytes ?? -1;
    }
  };
  const figures = new Map(rows.map((row) => [row, figure(row)]));
  const sign = isDown ? -1 : 1;
  return rows.toSorted((a, b) => sign * ((figures.get(a) ?? 0) - (figures.get(b) ?? 0)));
}
