import type { AppStatus } from "../../daemon/src/api/contract.ts";

export const start: string = "2030-01-31T12:00:00.000Z";

/** A row as the daemon gives it, with what a test says of it. */
export function appRow(row: Partial<AppStatus> & { readonly name: string }): AppStatus {
  return {
    project: "shop",
    state: "running",
    health: "none",
    ready: true,
    runner: "process",
    pid: 4_711,
    instance: 1,
    restarts: 0,
    since: start,
    exit: null,
    lastError: null,
    ports: [],
    status: null,
    limits: null,
    operation: null,
    labels: {},
    group: null,
    waitingFor: [],
    next: null,
    budgetMs: null,
    ...row,
  };
}
