import type { AppStatus, StateName } from "../api.ts";
import { durationText, tickingText } from "../time/format.ts";

/** What a colour and a sign stand for. */
export type Tone = "good" | "busy" | "ending" | "waiting" | "bad" | "done" | "idle" | "unknown";

/** How a state is shown. */
export interface StateLook {
  readonly tone: Tone;
  readonly label: string;
  /** What is to be known beside it; null where the label says all. */
  readonly detail: string | null;
  /** How much of its time is over, 0 to 1; null where it has no bound. */
  readonly share: number | null;
  /** It changes with time alone. */
  readonly ticks: boolean;
}

const labels: Readonly<Record<StateName, string>> = {
  stopped: "Stopped",
  starting: "Starting…",
  running: "Running",
  stopping: "Stopping…",
  restarting: "Restarting…",
  backoff: "Backoff",
  completed: "Completed",
  failed: "Failed",
  installing: "Installing…",
  removing: "Removing…",
  unknown: "Unknown",
};

const still = { detail: null, share: null, ticks: false } as const;

/** `sentence` is what the server said of the state last; `now` the server's wall clock in ms. */
export function stateLook(row: AppStatus, sentence: string | undefined, now: number): StateLook {
  const label = labels[row.state];
  switch (row.state) {
    case "running":
      return runningLook(row);
    case "starting":
      return row.waitingFor.length === 0
        ? { tone: "busy", label, ...transition(row, now) }
        : { ...still, tone: "waiting", label: "Waiting", detail: waitText(row.waitingFor) };
    case "restarting":
      return { tone: "busy", label, ...transition(row, now) };
    case "stopping":
      return { tone: "ending", label, ...transition(row, now) };
    case "installing":
    case "removing":
      return { tone: row.state === "removing" ? "ending" : "busy", label, ...stage(row, sentence, now) };
    case "backoff":
      return { ...still, tone: "waiting", label, detail: backoffText(row, now), ticks: true };
    case "completed":
      return {
        ...still,
        tone: "done",
        label,
        detail: join(exitText(row), dueText(row, now)),
        ticks: row.next !== null,
      };
    case "failed":
      return { ...still, tone: "bad", label, detail: afterColon(sentence) ?? row.lastError ?? exitText(row) };
    case "stopped":
      return {
        ...still,
        tone: "idle",
        label,
        detail: dueText(row, now) ?? row.lastError,
        ticks: row.next !== null,
      };
    case "unknown":
      return { ...still, tone: "unknown", label, detail: afterColon(sentence) };
  }
}

/** The tone alone, which does not change with time. */
export function toneOf(row: AppStatus): Tone {
  return stateLook(row, undefined, 0).tone;
}

/** `exit 1`, `SIGKILL (out of memory)`; null where nothing ended. */
export function exitText({ exit }: Pick<AppStatus, "exit">): string | null {
  if (exit === null) return null;
  const how = exit.signal ?? (exit.code === null ? "ended unseen" : `exit ${exit.code}`);
  return exit.oom === true ? `${how} (out of memory)` : how;
}

export function conditionText(condition: string): string {
  switch (condition) {
    case "service_started":
      return "to start";
    case "service_healthy":
      return "to be healthy";
    case "service_completed":
    case "service_completed_successfully":
      return "to complete";
    case "service_log_ready":
      return "to log that it is ready";
    default:
      return condition;
  }
}

function runningLook({ health, ready, status }: AppStatus): StateLook {
  if (health === "unhealthy") return { ...still, tone: "bad", label: "Running", detail: "unhealthy" };
  if (health === "starting") return { ...still, tone: "busy", label: "Running", detail: "not healthy yet" };
  if (!ready) return { ...still, tone: "busy", label: "Running", detail: "not ready yet" };
  return { ...still, tone: "good", label: "Running", detail: status };
}

function waitText(waitingFor: AppStatus["waitingFor"]): string {
  return `for ${waitingFor.map(({ app, condition }) => `${app} ${conditionText(condition)}`).join(", ")}`;
}

function transition(
  { since, budgetMs }: AppStatus,
  now: number,
): Pick<StateLook, "detail" | "share" | "ticks"> {
  const passedMs = Math.max(0, now - Date.parse(since));
  const passed = tickingText(passedMs);
  return budgetMs === null
    ? { detail: passed, share: null, ticks: true }
    : {
        detail: `${passed} of ${durationText(budgetMs)}`,
        share: budgetMs === 0 ? 1 : Math.min(1, passedMs / budgetMs),
        ticks: true,
      };
}

/** Installing and removing go in stages, which the server names. */
function stage(
  row: AppStatus,
  sentence: string | undefined,
  now: number,
): Pick<StateLook, "detail" | "share" | "ticks"> {
  const { detail, share } = transition(row, now);
  return { detail: join(afterColon(sentence), detail), share, ticks: true };
}

function backoffText({ next, restarts, exit }: AppStatus, now: number): string {
  const leftMs = next === null ? 0 : Date.parse(next) - now;
  const when = leftMs < 100 ? "now" : `in ${(leftMs / 1_000).toFixed(leftMs < 10_000 ? 1 : 0)} s`;
  return join(exitText({ exit }), `restart ${restarts} ${when}`) ?? "";
}

function dueText({ next }: AppStatus, now: number): string | null {
  return next === null ? null : `due in ${tickingText(Date.parse(next) - now)}`;
}

function afterColon(sentence: string | undefined): string | null {
  return /: (.+)$/s.exec(sentence ?? "")?.[1] ?? null;
}

function join(...parts: readonly (string | null)[]): string | null {
  const there = parts.filter((part) => part !== null);
  return there.length === 0 ? null : there.join(" · ");
}
