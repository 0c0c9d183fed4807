/** The two calls that carry: `GET` and `POST /v1/events/:slot`. */
import { type Clock, HoldfastError, type ShutdownToken } from "@holdfast/runtime";
import * as v from "valibot";
import { readJson } from "../envelope/read-json.ts";
import {
  appendedSchema,
  type CursorGone,
  cursorGoneSchema,
  type EventPage,
  errorBodySchema,
  eventPageSchema,
} from "../protocol/index.ts";
import { RefusedError, retryAfterMs, UnauthorisedError } from "./http/refusal.ts";
import type { HttpRequest, HttpResponse, HttpTransport } from "./http/transport.ts";
import { eventsUrl, type MailboxSettings, type Route } from "./settings.ts";

/** What a pull brings: events, or that the relay does not know the cursor any more. */
export type Pulled =
  | { readonly kind: "page"; readonly page: EventPage }
  | { readonly kind: "gone"; readonly gone: CursorGone };

/** Nobody sends larger pages, and no answer is read beyond it. */
const mostBytes = 16 * 1_024 * 1_024;

/** In which a relay has answered, or is taken for gone. */
const callTimeoutMs = 30_000;

/** How a call is made, and by whom it is cancelled. */
export interface CallContext {
  readonly transport: HttpTransport;
  readonly token: ShutdownToken;
  readonly clock: Clock;
}

/** Throws `UnauthorisedError`, `RefusedError`, `BAD_ANSWER`, and what the transport throws. */
export async function pullPage(
  mailbox: MailboxSettings,
  after: string | undefined,
  limit: number,
  ctx: CallContext,
): Promise<Pulled> {
  const url = eventsUrl(mailbox);
  if (after !== undefined) url.searchParams.set("after", after);
  url.searchParams.set("limit", String(limit));
  const { response, text } = await call(ctx, {
    ...{ url, method: "GET" },
    headers: { accept: "application/json", authorization: `Bearer ${mailbox.token}` },
  });
  if (response.status === 200) return { kind: "page", page: parse(eventPageSchema, text, url) };
  if (response.status === 410) return { kind: "gone", gone: parse(cursorGoneSchema, text, url) };
  throw refusalOf(response, text, url, ctx.clock.now());
}

/** Posts an envelope; again with the same id changes nothing. Returns its cursor. Throws as `pullPage` does. */
export async function postEvent(
  route: Route,
  event: { readonly id: string; readonly envelope: string },
  ctx: CallContext,
): Promise<string> {
  const url = eventsUrl(route);
  const { response, text } = await call(ctx, {
    ...{ url, method: "POST", body: event.envelope },
    headers: {
      authorization: `Bearer ${route.token}`,
      "content-type": "application/json",
      "idempotency-key": event.id,
    },
  });
  if (response.status === 200 || response.status === 201) return parse(appendedSchema, text, url).cursor;
  throw refusalOf(response, text, url, ctx.clock.now());
}

async function call(
  { transport, token, clock }: CallContext,
  request: Omit<HttpRequest, "token">,
): Promise<{ readonly response: HttpResponse; readonly text: string }> {
  using own = token.childToken();
  const message = `${request.url.origin} did not answer in ${callTimeoutMs} ms`;
  const timer = clock.setTimeout(() => own.cancel({ kind: "requested-by-run", message }), callTimeoutMs);
  try {
    const response = await transport({ ...request, token: own });
    const text = await textOf(response, request.url);
    // A body that ended because we gave up is not all of it.
    own.throwIfCancelled();
    return { response, text };
  } finally {
    clock.clearTimeout(timer);
  }
}

function refusalOf(response: HttpResponse, text: string, url: URL, now: number): Error {
  const { status } = response;
  const body = v.safeParse(errorBodySchema, readJson(text));
  const told = body.success ? `${body.output.error.code}: ${body.output.error.message}` : "no reason given";
  const message = `${url.origin} answered ${status} (${told})`;
  if (status === 401) return new UnauthorisedError(message, { details: { status } });
  const details = { status, ...(body.success && { relayCode: body.output.error.code }) };
  return new RefusedError(message, details, retryAfterMs(response.header("retry-after"), now));
}

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string, url: URL): T {
  const parsed = v.safeParse(schema, readJson(text));
  if (parsed.success) return parsed.output;
  throw new HoldfastError("BAD_ANSWER", `${url.origin} answers what no relay does; check the URL`);
}

async function textOf({ body }: HttpResponse, url: URL): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new HoldfastError("BAD_ANSWER", `${url.origin} answers more than ${mostBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
