import type { Cancellation } from "@holdfast/runtime";

/** One request. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Cancelled: the connection is closed, and the request or the reading of its answer rejects or ends. */
  readonly token: Cancellation;
  /** True for an answer that is read for as long as it lives: a connection of its own, with TCP keepalive. */
  readonly isStream?: boolean;
}

/** The head of an answer, and its body to be read once, or let go of by `return()` of its iterator. */
export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The network as the client sees it: `fetchTransport` for browsers, `nodeTransport` of `./node`, a relay in memory of
 * `./testing`. Follows no redirect. Rejects when there is no answer, with what the platform says as `cause`.
 */
export type HttpTransport = (request: HttpRequest) => Promise<HttpResponse>;
