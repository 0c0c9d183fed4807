/** One real request to a webhook. It follows no redirect, reads no body, and checks certificates whatever anybody says. */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { type Answer, parseRetryAfter } from "./next-attempt.ts";

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Wall-clock milliseconds now. */
  readonly at: number;
}

/** Never rejects. What it opened is closed when it resolves; `abort` ends it early. */
export async function postWebhook(
  { url, headers, body, at }: WebhookRequest,
  abort: AbortSignal,
): Promise<Answer> {
  // Loaded when first needed, as for probes.
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const options: RequestOptions & { readonly rejectUnauthorized: true } = {
    method: "POST",
    headers: {
      ...headers,
      "content-type": "application/json",
      "content-length": `${Buffer.byteLength(body)}`,
    },
    agent: false,
    signal: abort,
    rejectUnauthorized: true,
  };
  return await new Promise((resolve) => {
    let sent: ClientRequest;
    try {
      sent = request(url, options, (reply) => resolve(answerOf(reply, at)));
    } catch (error) {
      resolve({ kind: "failed", error: error instanceof Error ? error.message : String(error) });
      return;
    }
    sent.once("error", (error) => {
      resolve({ kind: "failed", error: abort.aborted ? "it did not answer in time" : reasonOf(error) });
    });
    sent.end(body);
  });
}

function answerOf(reply: IncomingMessage, at: number): Answer {
  const status = reply.statusCode ?? 0;
  const retryAfterMs = parseRetryAfter(reply.headers["retry-after"], at);
  reply.destroy();
  return { kind: "status", status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Of several addresses that were tried, the message says nothing and the code does. */
function reasonOf(error: Error & { readonly code?: string }): string {
  return error.message === "" ? (error.code ?? "it cannot be reached") : error.message;
}
