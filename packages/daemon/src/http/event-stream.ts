import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Timer } from "@holdfast/runtime";
import type { DaemonEvent } from "../api/contract.ts";
import type { EventLog } from "../events/event-log.ts";
import { followEvents } from "../events/follow-events.ts";
import { beginStream, refuse } from "./reply.ts";

/** A reader can tell a silent daemon from a dead connection. */
const heartbeatMs = 15_000;

/** A reader that is behind by more is cut off: it comes back with the number of the last event that it got. */
const maxBufferedBytes = 1_048_576;

/**
 * `GET /events`: every event as server-sent events, whose `id` is its number. Begins after `Last-Event-ID`, else
 * after the query's `after`, else now.
 */
export function streamEvents(
  events: EventLog,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const after =
    request.headers["last-event-id"] ??
    new URLSearchParams(/\?(.*)/s.exec(request.url ?? "")?.[1]).get("after");
  const seq = after === null || after === undefined ? events.seq : Number(after);
  if (!Number.isSafeInteger(seq) || seq < 0) {
    refuse(response, 400, "Last-Event-ID and after are the number of an event");
    return;
  }
  beginStream(response, "text/event-stream; charset=utf-8");
  let drains: (() => void)[] = [];
  const taken = (): void => {
    for (const resolve of drains) resolve();
    drains = [];
  };
  const write = (text: string): void => {
    response.write(text);
    if (response.writableLength > maxBufferedBytes) response.destroy();
  };
  const send = (event: DaemonEvent): void =>
    write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  let beating: Timer;
  const beat = (): void => {
    write(`event: heartbeat\ndata: ${events.seq}\n\n`);
    beating = clock.setTimeout(beat, heartbeatMs);
  };
  write(`retry: 1000\nevent: hello\ndata: ${events.seq}\n\n`);
  const following = followEvents(events, seq, {
    send,
    drained: () =>
      response.writableNeedDrain ? new Promise((resolve) => void drains.push(resolve)) : Promise.resolve(),
    get isGone() {
      return response.destroyed;
    },
  });
  response.on("drain", taken);
  beating = clock.setTimeout(beat, heartbeatMs);
  response.once("close", () => {
    taken();
    void following.then((leave) => leave());
    clock.clearTimeout(beating);
  });
}
