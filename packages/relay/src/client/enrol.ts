/** How a client gets a mailbox, lets others write to it, and exchanges the token it reads with. */
import { HoldfastError } from "@holdfast/runtime";
import * as v from "valibot";
import { type KeyText, parsePublicKey } from "../envelope/public-key.ts";
import { slotForm } from "../protocol/index.ts";
import { administration, type EnrolContext } from "./administration.ts";
import type { MailboxSettings, Route } from "./settings.ts";
import { formatWord, parseWord } from "./word.ts";

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

/**
 * Makes a mailbox at the relay with a token that may: `slot` names it, or the relay draws a name. Throws `RELAY_REFUSED`,
 * as for a name that is taken, `UnauthorisedError`, and what the transport throws.
 */
export async function enrol(
  at: { readonly url: string; readonly token: string; readonly slot?: string },
  ctx: EnrolContext,
): Promise<Enrolment> {
  const { url } = at;
  const relay = administration(at, ctx);
  const { slot } = await relay.createSlot(at.slot);
  const admin = await relay.mint({ scope: "admin", slot });
  const read = await administration({ url, token: admin.token }, ctx).mint({ scope: "read", slot });
  return { mailbox: { url, slot, token: read.token }, tokenId: read.id, admin: admin.token };
}

/** Who is to write: somebody with a key, or whoever gets the address before it ends, under a name that says what for. */
export type Invited = KeyText | { readonly name: string; readonly forMs: number };

/** Lets `sender` write: mints a token for them alone, and returns what they need to know. Twice is a second token. */
export async function invite(
  { mailbox, admin }: Enrolment,
  own: { readonly key: KeyText; readonly bodyKey?: string },
  sender: Invited,
  ctx: EnrolContext,
): Promise<Address> {
  const { url, slot } = mailbox;
  const { token } = await administration({ url, token: admin }, ctx).mint({
    ...{ scope: "post", slot, sender: senderName(sender) },
    ...(typeof sender === "object" && { expiresInMs: sender.forMs }),
  });
  return { ...own, route: { url, slot, token } };
}

/** Lets them write no longer: revokes every token that they were invited with. */
export async function uninvite(
  { mailbox, admin }: Enrolment,
  sender: Invited,
  ctx: EnrolContext,
): Promise<void> {
  const own = administration({ url: mailbox.url, token: admin }, ctx);
  const name = senderName(sender);
  for (const token of await own.tokens(mailbox.slot)) {
    if (token.scope === "post" && token.sender === name) await own.revoke(token.id);
  }
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
  const own = administration({ url: mailbox.url, token: admin }, ctx);
  const read = await own.mint({ scope: "read", slot: mailbox.slot });
  const next = { ...enrolment, mailbox: { ...mailbox, token: read.token }, tokenId: read.id };
  await keep(next);
  await own.revoke(tokenId);
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
  return formatWord(prefix, address);
}

/** Reads such a word. Throws `BAD_ADDRESS`, and `BAD_KEY` for a key that cannot be pinned. */
export function parseAddress(word: string): Address {
  let parsed: v.InferOutput<typeof addressSchema>;
  try {
    parsed = parseWord(prefix, addressSchema, word);
  } catch (cause) {
    throw new HoldfastError("BAD_ADDRESS", "this is no address; ask for it once more", { cause });
  }
  return { ...parsed, key: parsePublicKey(parsed.key) };
}

/** The name under which a relay knows a sender: their key, in its alphabet. */
function senderName(sender: Invited): string {
  return typeof sender === "object" ? sender.name : `key:${sender.replaceAll("_", ".")}`;
}
