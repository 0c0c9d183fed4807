import { join } from "node:path";
import type { Clock } from "@holdfast/runtime";
import type { LogLine } from "../api/contract.ts";
import { type InstanceKey, keyText } from "../store/instance-record.ts";
import { AppLog, type LogCare, type LogRange } from "./app-log.ts";
import { LogReader, mergeLogs } from "./merge-logs.ts";
import { type LineFilter, wantedLines } from "./wanted-lines.ts";

/** How many lines of each app are read at once, and how much of all; who wants more follows. */
const mostLines = 10_000;
const mostCharacters = 8 * 1024 * 1024;

/** The log of one instance. */
export interface LogSource {
  readonly key: InstanceKey;
  readonly log: AppLog;
}

/** What of some logs is asked for. */
export type LogQuery = LogRange & LineFilter;

/** The logs of all instances, by key. */
export class LogBook {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #care: LogCare | undefined;
  readonly #logs = new Map<string, AppLog>();

  /** `directory` is the home's `apps`. Without `care` logs grow without bounds. */
  constructor(directory: string, clock: Clock, care?: LogCare) {
    this.#directory = directory;
    this.#clock = clock;
    this.#care = care;
  }

  /** The log of an instance; made when first asked for. */
  of(key: InstanceKey): AppLog {
    const known = this.#logs.get(keyText(key));
    if (known !== undefined) return known;
    const path = join(this.#directory, key.project, key.name, `${key.instance}.log`);
    const log = new AppLog(path, this.#clock, this.#care);
    this.#logs.set(keyText(key), log);
    return log;
  }

  /** All that were asked for so far. */
  get all(): readonly AppLog[] {
    return [...this.#logs.values()];
  }

  /** Stops watching all of them. */
  close(): void {
    for (const log of this.#logs.values()) log.close();
    this.#care?.puncher.close();
  }

  /** The last lines of several logs, or with `after` the first ones there, in the order of their times. */
  async read(sources: readonly LogSource[], query: LogQuery): Promise<readonly LogLine[]> {
    const lines = Math.min(query.lines ?? mostLines, mostLines);
    const isWanted = wantedLines(query);
    const readers = await Promise.all(
      sources.map(async ({ key, log }) => {
        const range = await log.rangeOf({ ...query, lines }, isWanted);
        return new LogReader({ key, log, ...range, isWanted, most: lines });
      }),
    );
    const found: LogLine[] = [];
    let characters = 0;
    let dropped = 0;
    for await (const batch of mergeLogs(readers, this.#clock)) {
      for (const line of batch) {
        found.push(line);
        characters += line.text.length;
        if (characters <= mostCharacters) continue;
        if (query.after !== undefined) return found;
        characters -= found[dropped]?.text.length ?? 0;
        delete found[dropped++];
      }
    }
    return found.slice(dropped);
  }
}
