/** `schedule`: an app that runs at times and not all the time. */
import { Cron } from "croner";
import type { Schedule } from "../../spec/app-spec.ts";
import type { ProblemList } from "../problem.ts";
import type { MapReader } from "../reader.ts";
import { asText } from "../value.ts";

/** A cron pattern, or a map of cron or every, time_zone and immediate. Code `invalid-schedule`. */
export function readSchedule(service: MapReader, problems: ProblemList): Schedule | undefined {
  const node = service.node("schedule");
  if (node === undefined) return undefined;
  if (node.kind !== "map") {
    const cron = asText(node, service.pathOf("schedule"), problems);
    if (cron === undefined || !isCron(service, "schedule", cron)) return undefined;
    return { cron, immediate: false };
  }
  const read = service.reader("schedule");
  if (read === undefined) return undefined;
  const cron = read.text("cron");
  const everyMs = read.durationMs("every");
  const timeZone = read.text("time_zone");
  const immediate = read.boolean("immediate") ?? false;
  const overlap = read.oneOf("overlap", ["skip", "queue", "replace"]);
  const missed = read.oneOf("missed", ["skip", "run-once"]);
  read.finish();
  if (read.has("cron") === read.has("every")) {
    service.wrong("invalid-schedule", "schedule", "it must have either cron or every");
    return undefined;
  }
  if (everyMs !== undefined && everyMs < 1)
    read.wrong("invalid-schedule", "every", "it must be longer than nothing");
  const zoneIsGood = timeZone === undefined || isTimeZone(read, timeZone);
  if (cron !== undefined) isCron(read, "cron", cron, zoneIsGood ? timeZone : undefined);
  return {
    ...(cron === undefined ? {} : { cron }),
    ...(everyMs === undefined ? {} : { everyMs }),
    ...(timeZone === undefined ? {} : { timeZone }),
    immediate,
    ...(overlap === undefined || overlap === "skip" ? {} : { overlap }),
    ...(missed === "run-once" ? { missed } : {}),
  };
}

function isCron(read: MapReader, key: string, pattern: string, timeZone?: string): boolean {
  const fields = pattern.trim().split(/\s+/).length;
  if (!pattern.startsWith("@") && fields !== 5 && fields !== 6) {
    read.wrong(
      "invalid-schedule",
      key,
      `a cron pattern has five or six fields, and ${JSON.stringify(pattern)} has ${fields}`,
    );
    return false;
  }
  try {
    const cron = new Cron(pattern, {
      paused: true,
      ...(timeZone === undefined ? {} : { timezone: timeZone }),
    });
    if (cron.nextRun() !== null) return true;
    read.wrong("invalid-schedule", key, `${JSON.stringify(pattern)} never comes`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    read.wrong("invalid-schedule", key, `${JSON.stringify(pattern)} is no cron pattern: ${reason}`);
  }
  return false;
}

function isTimeZone(read: MapReader, name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    read.wrong(
      "invalid-schedule",
      "time_zone",
      `there is no time zone ${JSON.stringify(name)}`,
      'such as "Europe/Berlin"',
    );
    return false;
  }
}
