import type { IncomingMessage, ServerResponse } from "node:http";
import { methodsAt } from "./route.ts";

/**
 * Lets pages of these origins use the relay (https://fetch.spec.whatwg.org/#http-cors-protocol). True when the request
 * was a preflight and is answered. Of any other origin nothing is said, so a browser keeps the answer from its page.
 */
export function answerCors(
  origins: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
): boolean {
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return false;
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Expose-Headers", "Retry-After");
  response.setHeader("Vary", "Origin");
  if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined)
    return false;
  response.setHeader("Access-Control-Allow-Methods", methodsAt(pathname).join(", "));
  response.setHeader(
    "Access-Control-Allow-Headers",
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
  );
  response.setHeader("Access-Control-Max-Age", "600");
  response.writeHead(204).end();
  return true;
}
