/** One sentence about the state that an instance is in now. Pure. */
import { describeWait } from "../api/app-status.ts";
import type { AppStatus, Origin } from "../api/contract.ts";
import { durationText } from "./duration-text.ts";

/** What the sentence needs beside the row. */
export interface StateFacts {
  /** `web`, or `web.2` where there are several. */
  readonly title: string;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Of a backoff: which restart comes next. */
  readonly attempt: number | undefined;
  readonly mostRestarts: number | undefined;
  /** What the last event about it began with. */
  readonly origin: Origin | null;
}

/** `web is in backoff for 3.2 s more (attempt 4 of 10)`. */
export function stateText(app: AppStatus, { title, now, attempt, mostRestarts, origin }: StateFacts): string {
  const since = durationText(now - Date.parse(app.since));
  const due = app.next === null ? undefined : durationText(Date.parse(app.next) - now);
  const again = due === undefined ? "" : `, due in ${due} again`;
  switch (app.state) {
    case "stopped":
      return due === undefined ? `${title} is stopped` : `${title} waits for its time: it is due in ${due}`;
    case "starting": {
      const [first] = app.waitingFor;
      if (first === undefined) return `${title} is starting, for ${since}`;
      return `${title} is starting: it waits for ${app.waitingFor.map(describeWait).join(", ")}`;
    }
    case "running":
      return `${title} is ${runningText(app, origin)}, for ${since}${again}`;
    case "stopping":
    case "restarting":
      return `${title} is ${app.state}, for ${since}${boundText(app.budgetMs)}`;
    case "backoff": {
      const of = mostRestarts === undefined ? "" : ` of ${mostRestarts}`;
      const which = attempt === undefined ? "" : ` (attempt ${attempt}${of})`;
      return `${title} is in backoff for ${due ?? "a moment"} more${which}`;
    }
    case "completed":
      return `${title} has completed, ${since} ago${again}`;
    case "failed":
      return `${title} has failed: ${reasonText(app)}`;
    case "installing":
    case "removing":
      return `${title} is ${app.state}, for ${since}${boundText(app.budgetMs)}`;
    case "unknown":
      return `${title} is in an unknown state`;
  }
}

function runningText({ health, ready }: AppStatus, origin: Origin | null): string {
  const seen = origin?.type === "probe" ? `: ${origin.text}` : "";
  if (health === "unhealthy") return `unhealthy${seen}`;
  if (health === "starting") return "running, not healthy yet";
  if (!ready) return `running, not ready yet`;
  return health === "healthy" ? "running and healthy" : "running";
}

function boundText(budgetMs: number | null): string {
  return budgetMs === null ? "" : ` (${durationText(budgetMs)} at most)`;
}

function reasonText({ name, lastError }: AppStatus): string {
  const reason = lastError ?? "nobody knows why";
  return reason.startsWith(`${name} `) ? `it ${reason.slice(name.length + 1)}` : reason;
}
