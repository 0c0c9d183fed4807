import { type Bye, type Cursor, formatCursor, type Hello } from "../../protocol/index.ts";

/** Bytes of a stream: made once, written to any number of readers. */
export function helloFrame(head: Cursor, heartbeatMs: number): Buffer {
  const hello: Hello = { head: formatCursor(head), epoch: head.epoch, heartbeatMs };
  return Buffer.from(`event: hello\ndata: ${JSON.stringify(hello)}\n\n`);
}

export function wakeFrame(head: Cursor): Buffer {
  const cursor = formatCursor(head);
  return Buffer.from(`event: wake\nid: ${cursor}\ndata: {"head":"${cursor}"}\n\n`);
}

export function heartbeatFrame(head: Cursor): Buffer {
  return Buffer.from(`event: heartbeat\ndata: {"head":"${formatCursor(head)}"}\n\n`);
}

export function byeFrame(reason: Bye["reason"], retryMs: number): Buffer {
  return Buffer.from(`retry: ${retryMs}\nevent: bye\ndata: {"reason":"${reason}"}\n\n`);
}
