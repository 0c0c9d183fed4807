import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody, refuse } from "./reply.ts";

/** As much of a body, or of a message on a WebSocket, is taken. */
export const maxBodyBytes = 1_048_576;

/** The body of a POST of JSON; undefined once it was refused. */
export async function jsonBody(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string | undefined> {
  if (request.method !== "POST") {
    refuse(response, 405, "POST only", { Allow: "POST" });
    return undefined;
  }
  // A form of another site's page can send any type but this one without being asked first.
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    refuse(response, 415, "Content-Type: application/json only");
    return undefined;
  }
  const text = await readBody(request, maxBodyBytes);
  if (text === undefined) refuse(response, 413, `more than ${maxBodyBytes} bytes`, { Connection: "close" });
  return text;
}
