/** How a client gets a mailbox, lets others write to it, and exchanges the token it reads with. */
import { HoldfastError, type ShutdownToken } from "@holdfast/runtime";
import * as v from "valibot";
import { fromBase64Url, toBase64Url } from "../envelope/base64.ts";
import { type KeyText, parsePublicKey } from "../envelope/public-key.ts";
import {
  errorBodySchema,
  type MintedToken,
  type MintToken,
  mintedTokenSchema,
  slotForm,
  slotStatusSchema,
} from "../protocol/index.ts";
import { RefusedError, UnauthorisedError } from "./http/refusal.ts";
import type { HttpTransport } from "./http/transport.ts";
import type { MailboxSettings, Route } from "./settings.ts";

/** A mailbox of one's own. Every token in it is a secret. */
export interface Enrolment {
  readonly mailbox: MailboxSettings;
  /** By which the token that reads is revoked. */
  readonly tokenId: string;
  /** Mints and revokes tokens of this mailbox, and of no other. */
  readonly admin: string;
}

/** Where to write to somebody, and whose signature to expect: to be handed over by a way that both trust. */
export interface Address {
  readonly key: KeyText;
  readonly route: Route;
  /** The X25519 key that bodies to them may be encrypted to. */
  readonly bodyKey?: string;
}

/** What the calls below need. */
export interface EnrolContext {
  readonly transport: HttpTransport;
  readonly token: ShutdownToken;
}

/**
 * Makes a mailbox at the relay with a token that may: `slot` names it, or the relay draws a name. Throws `RELAY_REFUSED`,
 * as for a name that is taken, `UnauthorisedError`, and what the transport throws.
 */
export async function enrol(
  at: { readonly url: string; readonly token: string; readonly slot?: string },
  ctx: EnrolContext,
): Promise<Enrolment> {
  const { url, token } = at;
  const made = await call("v1/slots", at.slot === undefined ? {} : { slot: at.slot }, { url, token }, ctx);
  const { slot } = v.parse(slotStatusSchema, made);
  const admin = await mint({ scope: "admin", slot }, { url, token }, ctx);
  const read = await mint({ scope: "read", slot }, { url, token: admin.token }, ctx);
  return { mailbox: { url, slot, token: read.token }, tokenId: read.id, admin: admin.token };
}

/** Lets `sender` write: mints a token for them alone, and returns what they need to know. Twice is a second token. */
export async function invite(
  { mailbox, admin }: Enrolment,
  own: { readonly key: KeyText; readonly bodyKey?: string },
  sender: KeyText,
  ctx: EnrolContext,
): Promise<Address> {
  const { url, slot } = mailbox;
  const { token } = await mint(
    { scope: "post", slot, sender: senderName(sender) },
    { url, token: admin },
    ctx,
  );
  return { ...own, route: { url, slot, token } };
}

/**
 * Mints another token to read with. `keep` is to make it durable; only then is the old one revoked, so that a crash at any
 * moment leaves one that is valid.
 */
export async function exchangeToken(
  enrolment: Enrolment,
  keep: (next: Enrolment) => unknown,
  ctx: EnrolContext,
): Promise<Enrolment> {
  const { mailbox, admin, tokenId } = enrolment;
  const at = { url: mailbox.url, token: admin };
  const read = await mint({ scope: "read", slot: mailbox.slot }, at, ctx);
  const next = { ...enrolment, mailbox: { ...mailbox, token: read.token }, tokenId: read.id };
  await keep(next);
  await call(`v1/tokens/${encodeURIComponent(tokenId)}`, undefined, at, ctx);
  return next;
}

const addressSchema = v.object({
  key: v.string(),
  route: v.object({ url: v.string(), slot: v.pipe(v.string(), v.regex(slotForm)), token: v.string() }),
  bodyKey: v.exactOptional(v.string()),
});

const prefix = "hfa1_";

/** An address as one word, to be pasted. Whoever reads it may write to the mailbox. */
export function formatAddress(address: Address): string {
  return prefix + toBase64Url(new TextEncoder().encode(JSON.stringify(address)));
}

/** Reads such a word. Throws `BAD_ADDRESS`, and `BAD_KEY` for a key that cannot be pinned. */
export function parseAddress(word: string): Address {
  let parsed: v.InferOutput<typeof addressSchema>;
  try {
    if (!word.startsWith(prefix)) throw new TypeError(`it begins with ${prefix}`);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(word.slice(prefix.length)));
    parsed = v.parse(addressSchema, JSON.parse(text));
  } catch (cause) {
    throw new HoldfastError("BAD_ADDRESS", "this is no address; ask for it once more", { cause });
  }
  return { ...parsed, key: parsePublicKey(parsed.key) };
}

/** The name under which a relay knows a sender: their key, in its alphabet. */
function senderName(key: KeyText): string {
  return `key:${key.replaceAll("_", ".")}`;
}

interface Authority {
  readonly url: string;
  readonly token: string;
}

async function mint(wanted: MintToken, at: Authority, ctx: EnrolContext): Promise<MintedToken> {
  return v.parse(mintedTokenSchema, await call("v1/tokens", wanted, at, ctx));
}

/** Posts `body`; without one, deletes. */
async function call(
  path: string,
  body: object | undefined,
  { url, token }: Authority,
  ctx: EnrolContext,
): Promise<unknown> {
  const response = await ctx.transport({
    url: new URL(path, url.endsWith("/") ? url : `${url}/`),
    ...(body ? { method: "POST", body: JSON.stringify(body) } : { method: "DELETE" }),
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
}
