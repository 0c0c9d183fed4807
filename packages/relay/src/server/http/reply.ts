import type { ServerResponse } from "node:http";
import { type ErrorBody, errorKinds } from "../../protocol/index.ts";
import type { RelayError } from "../relay-error.ts";

type Headers = Readonly<Record<string, string | number>>;

const always = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;

export function replyText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Headers = {},
): void {
  response.writeHead(status, {
    ...always,
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

export function replyJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Headers = {},
): void {
  replyText(response, status, JSON.stringify(value), { "Content-Type": "application/json", ...headers });
}

/** `{error: {code, message}}` with the status of the code. `close`: the rest of the request is not read. */
export function refuse(
  response: ServerResponse,
  error: RelayError,
  close: boolean,
  headers: Headers = {},
): void {
  const { status } = errorKinds[error.code];
  const body: ErrorBody = { error: { code: error.code, message: error.message } };
  const retryAfterMs = error.details?.retryAfterMs;
  replyJson(
    response,
    status,
    { ...error.details?.body, ...body },
    {
      ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
      ...(retryAfterMs === undefined ? {} : { "Retry-After": Math.max(1, Math.ceil(retryAfterMs / 1_000)) }),
      ...(close ? { Connection: "close" } : {}),
      ...headers,
    },
  );
}
