import type { Subscription } from "@holdfast/rpc";
import type { LogEvent } from "../api/contract.ts";
import type { AppLog } from "./app-log.ts";
import { breather } from "./breather.ts";
import type { LogSource } from "./instance-output.ts";
import type { LogQuery } from "./log-book.ts";
import { mergeLogs } from "./merge-logs.ts";
import { openReaders } from "./open-readers.ts";
import { type LineFilter, wantedLines } from "./wanted-lines.ts";
import { wireLine } from "./wire-line.ts";

/** A last line without an end, such as a prompt, is shown when it has stood for so long. */
const unfinishedMs = 1_000;

/** What a follower is given, and when it has enough. */
interface Follower {
  readonly send: (event: LogEvent) => Promise<void>;
  readonly hasEnded: () => boolean;
  readonly onEnd: (listener: () => void) => void;
  readonly query: LineFilter & Pick<LogQuery, "until">;
}

/**
 * Sends a range of several logs, merged by time, says `caughtUp`, and then every further line of each. The files are
 * read only as fast as the reader takes them, so a slow one costs no memory; what was let go before it came there is
 * told as `skipped`. `add` takes in logs that came later.
 */
export function followLogs(
  subscription: Subscription<LogEvent>,
  sources: readonly LogSource[],
  query: LogQuery,
): { readonly add: (source: LogSource) => void; readonly done: Promise<void> } {
  const followed = new Set<AppLog>();
  const pumps: Promise<void>[] = [];
  const ended = Promise.withResolvers<void>();
  subscription.onEnd(() => ended.resolve());
  const send = senderOf(subscription);
  const follower: Follower = {
    send,
    hasEnded: () => subscription.ended,
    onEnd: (listener) => subscription.onEnd(listener),
    query,
  };

  const add = (source: LogSource, offset: number = source.log.firstOffset): void => {
    if (subscription.ended || followed.has(source.log)) return;
    followed.add(source.log);
    pumps.push(pump(follower, source, offset));
  };
  const begin = async (): Promise<void> => {
    // What is written from now on comes with the pumps.
    const readers = await openReaders(sources, query, false);
    const [clock] = sources.map(({ log }) => log.clock);
    if (clock !== undefined) {
      for await (const lines of mergeLogs(readers, clock)) {
        await send({ lines });
        if (subscription.ended) return;
      }
    }
    await send({ lines: [], caughtUp: true });
    const { until } = query;
    for (const { source, position } of readers) {
      if (until === undefined || until > source.log.clock.now()) add(source, position);
    }
    await ended.promise;
    await Promise.all(pumps);
  };
  return { add, done: begin() };
}

/** Sends one event at a time, each when the reader has room: logs in great number may not fill its buffer together. */
function senderOf(subscription: Subscription<LogEvent>): (event: LogEvent) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (event) => {
    // Nothing holds the event any more once it was sent: who waits for a slow reader does not wait with its lines.
    last = last.then(() => {
      if (subscription.ended) return undefined;
      subscription.notify(event);
      // Waited for also when there is room left for more: what waits unread fills the memory.
      return subscription.drained();
    });
    return last;
  };
}

async function pump(
  { send, hasEnded, onEnd, query }: Follower,
  source: LogSource,
  offset: number,
): Promise<void> {
  const { log } = source;
  const { clock } = log;
  const breathe = breather(clock);
  const isWanted = wantedLines(query) ?? ((): boolean => true);
  const { until = Number.POSITIVE_INFINITY } = query;
  let position = offset;
  /** Not in the loop itself, where the lines would be held until the reader has taken them. */
  const sendBlock = (from: number, unfinished: boolean) => {
    const { lines, next } = log.read(from, unfinished);
    const wanted = lines.filter((line) => line.time <= until && isWanted(line));
    const sent =
      wanted.length > 0 ? send({ lines: wanted.map((line) => wireLine(source, line)) }) : undefined;
    return { next, isEnd: lines.length === 0, sent };
  };
  let wake = Promise.withResolvers<"woken" | "stood">();
  onEnd(() => wake.resolve("woken"));
  const stop = log.onGrowth(() => wake.resolve("woken"));
  try {
    for (let why: "woken" | "stood" = "woken"; !hasEnded(); ) {
      wake = Promise.withResolvers();
      await breathe();
      position = await overGap(send, source, position);
      const { next, isEnd, sent } = sendBlock(position, why === "stood" || !log.isOpen);
      position = next;
      await sent;
      if (!isEnd) {
        why = "woken";
        continue;
      }
      const isUnfinished = log.isOpen && log.size > position;
      const timer = isUnfinished ? clock.setTimeout(() => wake.resolve("stood"), unfinishedMs) : undefined;
      why = await wake.promise;
      clock.clearTimeout(timer);
    }
  } finally {
    stop();
  }
}

/** Where to go on when what came next is gone: it was let go, or the log was emptied. */
async function overGap(
  send: Follower["send"],
  { key: { project, name, instance }, log: { firstOffset, size }, streamAt }: LogSource,
  position: number,
): Promise<number> {
  if (position > size) return firstOffset;
  if (position >= firstOffset) return position;
  const stream = streamAt?.(position);
  const skipped = { project, name, instance, bytes: firstOffset - position };
  await send({ lines: [], skipped: [stream === undefined ? skipped : { ...skipped, stream }] });
  return firstOffset;
}
