import type { AppStatus } from "../src/api.ts";

/** A row for tests. */
export function appStatus(over: Partial<AppStatus> = {}): AppStatus {
  return {
    project: "shop",
    name: "web",
    state: "running",
    health: "none",
    ready: false,
    runner: "process",
    pid: null,
    instance: 1,
    restarts: 0,
    since: new Date(0).toISOString(),
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
    ...over,
  };
}
