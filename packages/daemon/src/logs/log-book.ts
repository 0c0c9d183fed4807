import { join } from "node:path";
import type { Clock } from "@holdfast/runtime";
import type { LogLine } from "../api/contract.ts";
import { type InstanceKey, keyText } from "../store/instance-record.ts";
import { AppLog, type LogRange } from "./app-log.ts";

/** How many lines of each app are read when nobody says how many. */
const usualLines = 10_000;

/** One log to follow, and where to begin. */
export interface FollowStart {
  readonly key: InstanceKey;
  readonly log: AppLog;
  readonly offset: number;
}

/** The logs of all instances, by key. */
export class LogBook {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #logs = new Map<string, AppLog>();

  /** `directory` is the home's `apps`. */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** The log of an instance; made when first asked for. */
  of(key: InstanceKey): AppLog {
    const known = this.#logs.get(keyText(key));
    if (known !== undefined) return known;
    const path = join(this.#directory, key.project, key.name, `${key.instance}.log`);
    const log = new AppLog(path, `${path}.times`, this.#clock);
    this.#logs.set(keyText(key), log);
    return log;
  }

  /** Stops watching all of them. */
  close(): void {
    for (const log of this.#logs.values()) log.settle();
  }

  /** The lines of several logs in the order of their times. */
  read(sources: readonly { readonly key: InstanceKey; readonly log: AppLog }[], range: LogRange): LogLine[] {
    const lines: LogLine[] = [];
    for (const { key, log } of sources) {
      const begin = log.offsetOf({ lines: usualLines, ...range });
      for (let offset = begin; ; ) {
        const part = log.read(offset);
        if (part.lines.length === 0) break;
        for (const line of part.lines) lines.push(logLine(key, line));
        offset = part.next;
      }
    }
    // Stable: lines of one app with the same time stay in their order.
    return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  }
}

/** A line as it goes over the wire. */
export function logLine(
  key: InstanceKey,
  line: { readonly time: number; readonly text: string; readonly offset: number },
): LogLine {
  return {
    project: key.project,
    name: key.name,
    instance: key.instance,
    time: new Date(line.time).toISOString(),
    text: line.text,
    offset: line.offset,
  };
}
