import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@holdfast/runtime";
import type { LogLine } from "../api/contract.ts";
import { type InstanceKey, keyText } from "../store/instance-record.ts";
import { AppLog, type LogCare, type LogRange } from "./app-log.ts";
import type { HolePuncher } from "./hole-puncher.ts";
import { InstanceOutput, type LogSource } from "./instance-output.ts";
import { type DiskSpace, type LetGo, LogSweep } from "./log-sweep.ts";
import { mergeLogs } from "./merge-logs.ts";
import { openReaders } from "./open-readers.ts";
import type { Retention } from "./retention.ts";
import type { LineFilter } from "./wanted-lines.ts";

/** How many lines of each app are read at once, and how much of all as it goes over the wire; who wants more follows. */
const mostLines = 10_000;
const mostWireCharacters = 8 * 1024 * 1024;

/** What of some logs is asked for. */
export type LogQuery = LogRange & LineFilter;

/** How logs are kept from filling the disk. */
export interface LogBounds {
  readonly puncher: HolePuncher;
  /** For apps that say nothing of it; 64 MiB each. */
  readonly retention?: Retention;
  /** The room on the disk where the logs are. */
  readonly space: () => DiskSpace | undefined;
}

/** The output of all instances, by key. */
export class LogBook {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #care: LogCare | undefined;
  readonly #sweep: LogSweep | undefined;
  readonly #outputs = new Map<string, InstanceOutput>();
  readonly #listeners = new Set<(letGo: LetGo) => void>();

  /** `directory` is the home's `apps`. Without `bounds` logs grow as they like. */
  constructor(directory: string, clock: Clock, bounds?: LogBounds) {
    this.#directory = directory;
    this.#clock = clock;
    if (bounds === undefined) return;
    const sweep = new LogSweep({
      clock,
      sources: () => [...this.#outputs.values()].flatMap((output) => output.sources()),
      space: bounds.space,
      onLetGo: (letGo) => {
        for (const listener of this.#listeners) listener(letGo);
      },
    });
    this.#sweep = sweep;
    this.#care = { ...bounds, onGrowth: () => sweep.look() };
  }

  /** The output of an instance; made when first asked for. */
  of(key: InstanceKey): InstanceOutput {
    const known = this.#outputs.get(keyText(key));
    if (known !== undefined) return known;
    const path = join(this.#directory, key.project, key.name, `${key.instance}.log`);
    const output = new InstanceOutput(key, path, (log) => new AppLog(log, this.#clock, this.#care));
    this.#outputs.set(keyText(key), output);
    return output;
  }

  /** Deletes all logs of an app with all that lies beside them. Whoever follows one hears of what is written to it later. */
  async remove({ project, name }: Pick<InstanceKey, "project" | "name">): Promise<void> {
    const own = [...this.#outputs].filter(([, { key }]) => key.project === project && key.name === name);
    for (const [id, output] of own) {
      output.clear();
      if (!output.isFollowed) this.#outputs.delete(id);
    }
    await rm(join(this.#directory, project, name), { recursive: true, force: true });
  }

  /** Hears what is let go because the disk is nearly full. Returns the function that ends it. */
  onLetGo(listener: (letGo: LetGo) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops watching all of them. */
  close(): void {
    this.#sweep?.close();
    for (const output of this.#outputs.values()) output.close();
    this.#care?.puncher.close();
  }

  /** The last lines of several logs, or with `after` the first ones there, in the order of their times. */
  async read(sources: readonly LogSource[], query: LogQuery): Promise<readonly LogLine[]> {
    const lines = Math.min(query.lines ?? mostLines, mostLines);
    const readers = await openReaders(sources, { ...query, lines }, true);
    const found: { readonly line: LogLine; readonly characters: number }[] = [];
    let characters = 0;
    for await (const batch of mergeLogs(readers, this.#clock)) {
      for (const line of batch) {
        const own = JSON.stringify(line).length;
        characters += own;
        found.push({ line, characters: own });
        if (characters > mostWireCharacters && query.after !== undefined)
          return found.map(({ line }) => line);
      }
      // The oldest are the ones too many.
      let dropped = 0;
      for (; characters > mostWireCharacters; dropped++) characters -= found[dropped]?.characters ?? 0;
      found.splice(0, dropped);
    }
    return found.map(({ line }) => line);
  }
}
