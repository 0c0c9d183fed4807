import type { Subscription } from "@holdfast/rpc";
import type { LogEvent, LogLine } from "../api/contract.ts";
import { keyText } from "../store/instance-record.ts";
import type { AppLog, LogRange } from "./app-log.ts";
import type { LogSource } from "./log-book.ts";
import { logLine, mergeLogs } from "./merge-logs.ts";

/** How many lines go into one notification. */
const batchLines = 1_000;

/**
 * Sends a range of several logs, merged by time, says `caughtUp`, and then every further line of each. The files are
 * read only as fast as the reader takes them, so a slow one costs no memory. `add` takes in logs that came later.
 */
export function followLogs(
  subscription: Subscription<LogEvent>,
  sources: readonly LogSource[],
  range: LogRange,
): { readonly add: (source: LogSource) => void; readonly done: Promise<void> } {
  const followed = new Set<string>();
  const send = senderOf(subscription);
  const pumps: Promise<void>[] = [];
  const ended = Promise.withResolvers<void>();
  subscription.onEnd(() => ended.resolve());

  const add = (source: LogSource, offset = 0): void => {
    if (subscription.ended || followed.has(keyText(source.key))) return;
    followed.add(keyText(source.key));
    pumps.push(pump(send, source, offset, ended.promise, () => subscription.ended));
  };
  const begin = async (): Promise<void> => {
    // The ends are noted before the lines are read: what is written meanwhile comes with the pumps.
    const bounded = sources.map((source) => ({
      ...source,
      offset: source.log.offsetOf(range),
      end: endOfLastLine(source.log),
    }));
    let batch: LogLine[] = [];
    for (const line of mergeLogs(bounded)) {
      if (batch.push(line) < batchLines) continue;
      await send({ lines: batch });
      if (subscription.ended) return;
      batch = [];
    }
    await send({ lines: batch, caughtUp: true });
    for (const source of bounded) add(source, source.end);
    await ended.promise;
    await Promise.all(pumps);
  };
  return { add, done: begin() };
}

/** Sends one event at a time, each when the reader has room: logs in great number may not fill its buffer together. */
function senderOf(subscription: Subscription<LogEvent>): (event: LogEvent) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  const sendNow = async (event: LogEvent): Promise<void> => {
    if (!subscription.ended && !subscription.notify(event)) await subscription.drained();
  };
  return (event) => {
    last = last.then(() => sendNow(event));
    return last;
  };
}

async function pump(
  send: (event: LogEvent) => Promise<void>,
  { key, log }: LogSource,
  offset: number,
  ended: Promise<void>,
  hasEnded: () => boolean,
): Promise<void> {
  let position = offset;
  let grew = false;
  let wake = Promise.withResolvers<void>();
  const stop = log.onGrowth(() => {
    grew = true;
    wake.resolve();
  });
  try {
    while (!hasEnded()) {
      grew = false;
      wake = Promise.withResolvers();
      const { lines, next } = log.read(position);
      position = next;
      for (let at = 0; at < lines.length; at += batchLines) {
        await send({ lines: lines.slice(at, at + batchLines).map((line) => logLine(key, line)) });
      }
      if (lines.length === 0 && !grew) await Promise.race([wake.promise, ended]);
    }
  } finally {
    stop();
  }
}

/** Where the lines that are complete now end. */
function endOfLastLine(log: AppLog): number {
  const { size } = log;
  const { lines, next } = log.read(Math.max(0, log.offsetOf({ lines: 1 })));
  return lines.length === 0 ? size : next;
}
