import { join } from "node:path";
import type { Clock } from "@holdfast/runtime";
import type { LogLine } from "../api/contract.ts";
import { type InstanceKey, keyText } from "../store/instance-record.ts";
import { AppLog, type LogRange } from "./app-log.ts";
import { mergeLogs } from "./merge-logs.ts";

/** How many lines of each app are read at once; who wants more follows. */
const mostLines = 10_000;

/** The log of one instance. */
export interface LogSource {
  readonly key: InstanceKey;
  readonly log: AppLog;
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
    const log = new AppLog(path, this.#clock);
    this.#logs.set(keyText(key), log);
    return log;
  }

  /** Stops watching all of them. */
  close(): void {
    for (const log of this.#logs.values()) log.close();
  }

  /** The last lines of several logs in the order of their times. */
  read(sources: readonly LogSource[], range: LogRange): LogLine[] {
    const bounded = { ...range, lines: Math.min(range.lines ?? mostLines, mostLines) };
    return [
      ...mergeLogs(
        sources.map(({ key, log }) => ({
          key,
          log,
          offset: log.offsetOf(bounded),
          end: Number.POSITIVE_INFINITY,
        })),
      ),
    ];
  }
}
