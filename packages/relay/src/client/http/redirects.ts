import { HoldfastError } from "@holdfast/runtime";
import type { HttpRequest, HttpResponse, HttpTransport } from "./transport.ts";

const most = 5;

/**
 * Follows what a relay answers with 301, 302, 303, 307 or 308: at most 5 times, never from https to http, and without
 * the token once that leads to another origin. A body is sent again only by 307 and 308. Throws `BAD_REDIRECT`.
 */
export function followingRedirects(transport: HttpTransport): HttpTransport {
  return async (request) => {
    let [asked, left] = [request, most];
    for (;;) {
      const response = await transport(asked);
      if (![301, 302, 303, 307, 308].includes(response.status)) return response;
      await discard(response);
      if (left-- === 0) throw bad(request, `leads further than ${most} redirects`);
      asked = redirected(asked, response);
    }
  };
}

function redirected(request: HttpRequest, { status, header }: HttpResponse): HttpRequest {
  const location = header("location");
  if (!location || !URL.canParse(location, request.url.href))
    throw bad(request, `answers ${status} and says not where to`);
  if (request.body !== undefined && status < 307) throw bad(request, `answers ${status} to a body`);
  const url = new URL(location, request.url);
  if (!/^https?:$/.test(url.protocol) || (request.url.protocol === "https:" && url.protocol !== "https:")) {
    throw bad(request, `leads to ${url.protocol}`);
  }
  if (url.origin === request.url.origin) return { ...request, url };
  const { authorization: _, ...headers } = request.headers;
  return { ...request, url, headers };
}

async function discard({ body }: HttpResponse): Promise<void> {
  await body[Symbol.asyncIterator]().return?.();
}

function bad({ url }: HttpRequest, what: string): HoldfastError<"BAD_REDIRECT"> {
  return new HoldfastError("BAD_REDIRECT", `${url.origin} ${what}; check the relay's URL`);
}
