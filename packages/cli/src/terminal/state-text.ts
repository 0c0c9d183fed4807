import type { AppStatus } from "@holdfast/daemon/api";

/** A state, and of one that passes how long it has lasted and may last: `stopping 4s of 10s`. */
export function stateText(app: AppStatus, now: number): string {
  const { state, since, next, budgetMs } = app;
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1_000));
  switch (state) {
    case "stopping":
    case "restarting":
    case "removing":
    case "installing":
      return `${state} ${seconds}s${budgetMs === null ? "" : ` of ${Math.round(budgetMs / 1_000)}s`}`;
    case "backoff": {
      const left = next === null ? 0 : Math.max(0, Date.parse(next) - now);
      return `backoff ${(left / 1_000).toFixed(1)}s`;
    }
    case "starting":
      return seconds < 2 ? state : `starting ${seconds}s`;
    case "stopped":
    case "running":
    case "completed":
    case "failed":
    case "unknown":
      return state;
  }
}
