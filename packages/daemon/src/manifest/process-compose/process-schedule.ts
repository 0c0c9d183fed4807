/** When a process runs by itself. */
import { Cron } from "croner";
import type { Schedule } from "../../spec/app-spec.ts";
import { parseDuration } from "../duration.ts";
import type { MapReader } from "../reader.ts";

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
    return { cron, ...zone, immediate };
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
  return { everyMs, immediate };
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
