import type { IncomingMessage, ServerResponse } from "node:http";

/** What every reply carries: nothing of ours is framed, cached, sniffed or sent on, and nothing foreign is loaded. */
const always = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

export function replyText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...always,
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Without `bytes` only the head is sent. */
export function replyBytes(
  response: ServerResponse,
  status: number,
  bytes: Uint8Array | undefined,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...always, ...headers, ...(bytes && { "Content-Length": bytes.length }) });
  response.end(bytes);
}

export function replyJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  replyText(response, status, JSON.stringify(value), { "Content-Type": "application/json", ...headers });
}

/** An error that says what is wrong and, where it can, what to do. */
export function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  replyJson(response, status, { error: { message } }, headers);
}

/** Begins a reply of which there is no end. */
export function beginStream(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { ...always, "Content-Type": contentType, "X-Accel-Buffering": "no" });
  response.flushHeaders();
}

/** The whole body as text, or undefined when it is larger than `maxBytes`: then nothing more of it is read. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
