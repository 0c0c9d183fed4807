import type { ServerResponse } from "node:http";

/**
 * Turns a response into a stream that ends with its connection: without chunks around them, the frames that were made
 * once for all readers go out as they are.
 */
export function beginStream(response: ServerResponse): void {
  response.on("error", end);
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    Connection: "close",
    "X-Content-Type-Options": "nosniff",
    // nginx passes each frame on as it comes, whatever its configuration says.
    "X-Accel-Buffering": "no",
  });
  // Kept for as long as the stream lives, and asked for nothing any more.
  response.req.rawHeaders = none;
  response.req.headers = {};
}

const none: string[] = [];

function end(this: ServerResponse): void {
  this.destroy();
}
