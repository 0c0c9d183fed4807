/** How a process ends and what follows: `availability`, `shutdown`, `schedule`. */
import { constants } from "node:os";
import { Cron } from "croner";
import type { Command, ProjectEnd, RestartPolicy, Schedule, StopPolicy } from "../../spec/app-spec.ts";
import { parseDuration } from "../duration.ts";
import type { MapReader } from "../reader.ts";

export interface Availability {
  readonly restart: RestartPolicy;
  readonly endsProject: ProjectEnd;
  readonly skippedEndsProject: boolean;
}

const defaultStopMs = 10_000;

export function readAvailability(owner: MapReader): Availability {
  const reader = owner.reader("availability");
  const restart = reader?.oneOf("restart", ["no", "always", "on_failure", "exit_on_failure"]) ?? "no";
  const backoffMs = Math.max(reader?.integer("backoff_seconds") ?? 1, 1) * 1000;
  const maxRestarts = reader?.integer("max_restarts", { min: 0 }) ?? 0;
  const exitOnEnd = reader?.boolean("exit_on_end") ?? false;
  const skippedEndsProject = reader?.boolean("exit_on_skipped") ?? false;
  reader?.finish();
  return {
    restart: {
      when: restart === "always" ? "always" : restart === "on_failure" ? "on-failure" : "never",
      ...(maxRestarts === 0 ? {} : { maxRestarts }),
      backoff: { initialMs: backoffMs, maxMs: backoffMs, factor: 1 },
    },
    endsProject: exitOnEnd ? "always" : restart === "exit_on_failure" ? "on-failure" : "never",
    skippedEndsProject,
  };
}

/** `commandOf` makes a command of a script. A stop without `timeout_seconds` is bounded too, unlike there. */
export function readShutdown(owner: MapReader, commandOf: (script: string) => Command): StopPolicy {
  const reader = owner.reader("shutdown");
  const script = reader?.text("command") ?? "";
  const seconds = reader?.integer("timeout_seconds", { min: 0 }) ?? 0;
  const signal = reader?.integer("signal") ?? 0;
  const leaderOnly = reader?.boolean("parent_only") ?? false;
  reader?.finish({ send_keys: "programs have no terminal here; use signal or command" });
  return {
    signal: signalName(signal),
    graceMs: seconds === 0 ? defaultStopMs : seconds * 1000,
    ...(script === "" ? {} : { command: commandOf(script) }),
    leaderOnly,
  };
}

/** What is no signal is SIGTERM, as there. */
function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? "SIGTERM" : found[0];
}

/** Adds `invalid-value` for what is no schedule, and warns of concurrent runs, which there are none of. */
export function readSchedule(
  owner: MapReader,
  warn: (key: string, message: string) => void,
): Schedule | undefined {
  const reader = owner.reader("schedule");
  if (reader === undefined) return undefined;
  const cronText = reader.text("cron")?.trim() ?? "";
  const interval = reader.text("interval")?.trim() ?? "";
  const immediate = reader.boolean("run_on_start") ?? false;
  const concurrent = reader.integer("max_concurrent") ?? 1;
  const prefixZone = /^(?:CRON_)?TZ=(\S+)\s+/.exec(cronText);
  const timeZone = reader.text("timezone") ?? prefixZone?.[1];
  const cron = cronText.slice(prefixZone?.[0].length ?? 0);
  reader.finish();
  if (concurrent > 1) warn("max_concurrent", "a run that is due while the last one goes on is left out");
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    reader.wrong(
      "invalid-value",
      reader.has("timezone") ? "timezone" : "cron",
      `"${timeZone}" is no time zone`,
    );
  }
  const zone = timeZone === undefined || timeZone === "Local" ? {} : { timeZone };
  const every = /^@every\s+(.*)$/.exec(cron)?.[1] ?? (cron === "" ? interval : undefined);
  if (every === undefined) {
    if (!isCron(cron))
      reader.wrong("invalid-value", "cron", `"${cron}" is no cron expression of five fields`);
    return { cron, ...zone, immediate, overlap: "skip" };
  }
  if (every === "") {
    reader.missing("cron", "a schedule needs cron or interval");
    return undefined;
  }
  const everyMs = parseDuration(every);
  if (everyMs === undefined || everyMs <= 0) {
    const key = cron === "" ? "interval" : "cron";
    reader.wrong("invalid-value", key, `"${every}" is no duration such as "30s" or "1h30m"`);
    return undefined;
  }
  return { everyMs, immediate, overlap: "skip" };
}

function isCron(text: string): boolean {
  if (!text.startsWith("@") && text.split(/\s+/).length !== 5) return false;
  try {
    new Cron(text, { paused: true });
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  if (name === "Local") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
