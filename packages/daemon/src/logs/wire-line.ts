import type { LogLine } from "../api/contract.ts";
import type { TimedLine } from "./app-log.ts";
import type { LogSource } from "./instance-output.ts";
import { levelOf, levelOfFields } from "./log-level.ts";
import { structuredFields } from "./structured-line.ts";

/** A line as it goes over the wire. */
export function wireLine({ key, streamAt }: Omit<LogSource, "log">, line: TimedLine): LogLine {
  const { project, name, instance } = key;
  const stream = streamAt?.(line.offset);
  const fields = structuredFields(line.text);
  const level = fields === undefined ? levelOf(line.text) : levelOfFields(fields);
  return {
    project,
    name,
    instance,
    time: timeText(line.time),
    text: line.text,
    offset: line.offset,
    ...(stream === undefined ? {} : { stream }),
    ...(level === undefined ? {} : { level }),
    ...(fields === undefined ? {} : { fields }),
    ...(line.continues === undefined ? {} : { continues: line.continues }),
  };
}

let last = { time: Number.NaN, text: "" };

/** Many lines in a row have the same time. */
function timeText(time: number): string {
  if (time !== last.time) last = { time, text: new Date(time).toISOString() };
  return last.text;
}
