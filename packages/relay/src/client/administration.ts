/** The calls by which slots and tokens are administered: `/v1/slots` and `/v1/tokens`. */
import type { ShutdownToken } from "@holdfast/runtime";
import * as v from "valibot";
import {
  errorBodySchema,
  type MintedToken,
  type MintToken,
  mintedTokenSchema,
  type SlotStatus,
  slotStatusSchema,
  type TokenStatus,
  tokenListSchema,
} from "../protocol/index.ts";
import { RefusedError, UnauthorisedError } from "./http/refusal.ts";
import type { HttpTransport } from "./http/transport.ts";

/** What the calls below need. */
export interface EnrolContext {
  readonly transport: HttpTransport;
  readonly token: ShutdownToken;
}

/** What a token that administers may do. All throw `RELAY_REFUSED`, `UnauthorisedError`, and what the transport throws. */
export interface Administration {
  /** Without a name the relay draws one. */
  createSlot(slot?: string): Promise<SlotStatus>;
  mint(wanted: MintToken): Promise<MintedToken>;
  /** Those of a slot, without what they are. */
  tokens(slot: string): Promise<readonly TokenStatus[]>;
  revoke(id: string): Promise<void>;
}

/** Administers the relay at `url`, or one slot of it, with a token that may. */
export function administration(
  { url, token }: { readonly url: string; readonly token: string },
  ctx: EnrolContext,
): Administration {
  const call = async (method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown> => {
    const response = await ctx.transport({
      url: new URL(path, url.endsWith("/") ? url : `${url}/`),
      method,
      ...(body && { body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      token: ctx.token,
    });
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
    const { status } = response;
    if (status >= 200 && status < 300) return text === "" ? undefined : JSON.parse(text);
    const told = v.safeParse(v.pipe(v.string(), v.parseJson(), errorBodySchema), text);
    const why = told.success ? `${told.output.error.code}: ${told.output.error.message}` : "no reason given";
    const message = `${url} answered ${status} to ${path} (${why})`;
    if (status === 401) throw new UnauthorisedError(message, { details: { status } });
    throw new RefusedError(message, { status, ...(told.success && { relayCode: told.output.error.code }) });
  };
  return {
    createSlot: async (slot) =>
      v.parse(slotStatusSchema, await call("POST", "v1/slots", slot === undefined ? {} : { slot })),
    mint: async (wanted) => v.parse(mintedTokenSchema, await call("POST", "v1/tokens", wanted)),
    tokens: async (slot) =>
      v.parse(tokenListSchema, await call("GET", `v1/tokens?slot=${encodeURIComponent(slot)}`)).tokens,
    revoke: async (id) => void (await call("DELETE", `v1/tokens/${encodeURIComponent(id)}`)),
  };
}
