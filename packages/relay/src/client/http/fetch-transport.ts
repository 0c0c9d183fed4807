import { HoldfastError } from "@holdfast/runtime";
import type { HttpTransport } from "./transport.ts";

type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/**
 * Requests through the `fetch` that is handed in, with no cookie and no cache. A browser tells nobody where a redirect
 * leads, so that one is an answer without a status of its own, and refused. Throws `RELAY_UNREACHABLE`.
 */
export function fetchTransport(fetch: Fetch): HttpTransport {
  return async ({ url, method, headers, body, token }) => {
    const controller = new AbortController();
    const off = token.onCancel(() => controller.abort());
    const answer = fetch(url, {
      ...{ method, headers, redirect: "manual", credentials: "omit", cache: "no-store" },
      ...(body !== undefined && { body }),
      signal: controller.signal,
    });
    const response = await answer.catch((cause: unknown) => {
      off();
      throw new HoldfastError("RELAY_UNREACHABLE", `${url.origin} cannot be reached`, { cause });
    });
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: chunks(response, () => {
        off();
        controller.abort();
      }),
    };
  };
}

async function* chunks({ body }: Response, leave: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) yield read.value;
  } finally {
    leave();
  }
}
