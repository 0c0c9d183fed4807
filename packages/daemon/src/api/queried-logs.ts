import { HoldfastError } from "@holdfast/runtime";
import type { LogSource } from "../logs/instance-output.ts";
import type { LogQuery, Target } from "./contract.ts";

interface Place extends Pick<LogQuery, "targets" | "stream" | "after"> {
  readonly before?: number;
}

/** Finds the logs that targets name. Throws `NOT_FOUND`. */
type FindLogs = (targets: readonly Target[], stream?: LogQuery["stream"]) => readonly LogSource[];

/**
 * The logs that a query is about. Throws `NOT_FOUND`; `LOG_NOT_SPLIT` for a stream of apps that write both into one;
 * `UNSUPPORTED` for an offset that could be one of either log of an app.
 */
export function queriedLogs(find: FindLogs, { targets, stream, after, before }: Place): readonly LogSource[] {
  const sources = find(targets, stream);
  if (stream === undefined) {
    const isOffset = after !== undefined || before !== undefined;
    const split = isOffset ? sources.find((source) => source.stream !== undefined) : undefined;
    if (split === undefined) return sources;
    const { name } = split.key;
    const message = `${name} has a log for each of its streams: give "stream" with an offset, as the line has it`;
    throw new HoldfastError("UNSUPPORTED", message);
  }
  const [either] = sources.length > 0 ? [] : find(targets);
  if (either === undefined) return sources;
  const { project, name } = either.key;
  const message = `${name} writes stdout and stderr into one log: set log: { split: true } for it in the manifest, and what it writes from then on is told apart`;
  throw new HoldfastError("LOG_NOT_SPLIT", message, { details: { project, name } });
}

/** The same, without what is not there. */
export function knownLogs(find: FindLogs, { targets, stream }: Place): readonly LogSource[] {
  return targets.flatMap((target) => {
    try {
      return find([target], stream);
    } catch {
      return [];
    }
  });
}
