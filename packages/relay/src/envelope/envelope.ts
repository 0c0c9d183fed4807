import { fromBase64, toBase64, toBase64Url } from "./base64.ts";
import type { Crypto, Signer } from "./crypto.ts";
import { eventType, type SignedEvent } from "./event.ts";
import { preAuthEncoding } from "./pae.ts";
import { type KeyText, parsePublicKey } from "./public-key.ts";
import { readJson } from "./read-json.ts";

/** A signed payload as DSSE v1 writes it: the bytes, their type, one signature and whose it is. */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. The signature holds for these very bytes; they are never written anew. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** An envelope that was opened, signed by `sender` with certainty. `id` is the SHA-256 of the payload, in base64url. */
export interface Opened {
  readonly kind: "opened";
  readonly id: string;
  readonly sender: KeyText;
  readonly payloadType: string;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Why nothing in an envelope can be believed. */
export interface Unsigned {
  readonly kind: "unsigned";
  readonly reason: "malformed" | "bad-key" | "bad-signature";
  readonly why: string;
}

/** Writes the payload of `event` once, and signs those bytes. */
export async function signEvent(
  event: SignedEvent,
  signer: Signer,
  crypto: Crypto,
): Promise<{ readonly id: string; readonly envelope: Envelope }> {
  const payload = new TextEncoder().encode(JSON.stringify(event));
  return { id: await eventId(payload, crypto), envelope: await signPayload(eventType, payload, signer) };
}

/** Signs bytes of any type. */
export async function signPayload(
  payloadType: string,
  payload: Uint8Array<ArrayBuffer>,
  signer: Signer,
): Promise<Envelope> {
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  const signatures = [{ keyid: signer.publicKey, sig: toBase64(signature) }];
  return { payloadType, payload: toBase64(payload), signatures };
}

/** What a payload is called everywhere: the SHA-256 of its bytes. */
export async function eventId(payload: Uint8Array<ArrayBuffer>, crypto: Crypto): Promise<string> {
  return toBase64Url(await crypto.sha256(payload));
}

/** Looks at form, key and signature of what a relay delivered, and at nothing that is said inside. Never rejects. */
export async function openEnvelope(given: unknown, crypto: Crypto): Promise<Opened | Unsigned> {
  const envelope = parseEnvelope(given);
  if (!envelope) return unsigned("malformed", "it is no DSSE envelope with one signature");
  const [payload, signature] = [bytesOf(envelope.payload), bytesOf(envelope.sig)];
  if (!payload || signature?.length !== 64) return unsigned("malformed", "its bytes are not in base64");
  let sender: KeyText;
  try {
    sender = parsePublicKey(envelope.keyid);
  } catch (error) {
    return unsigned("bad-key", error instanceof Error ? error.message : String(error));
  }
  const { payloadType } = envelope;
  const isSigned = await crypto.verify(sender, preAuthEncoding(payloadType, payload), signature);
  if (!isSigned) return unsigned("bad-signature", "the signature does not hold for this payload and key");
  return { kind: "opened", id: await eventId(payload, crypto), sender, payloadType, payload };
}

/** The same of the text that a relay delivered. */
export async function openEnvelopeText(text: string, crypto: Crypto): Promise<Opened | Unsigned> {
  return await openEnvelope(readJson(text), crypto);
}

function parseEnvelope(given: unknown) {
  const { payloadType, payload, signatures } = Object(given) as Partial<Record<keyof Envelope, unknown>>;
  if (typeof payloadType !== "string" || typeof payload !== "string") return undefined;
  if (!Array.isArray(signatures) || signatures.length !== 1) return undefined;
  const { keyid, sig } = Object(signatures[0]) as { keyid?: unknown; sig?: unknown };
  if (typeof keyid !== "string" || typeof sig !== "string") return undefined;
  return { payloadType, payload, keyid, sig };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}

function unsigned(reason: Unsigned["reason"], why: string): Unsigned {
  return { kind: "unsigned", reason, why };
}
