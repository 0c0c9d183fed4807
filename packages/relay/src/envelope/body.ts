/** A body that only its recipient can read: HPKE (RFC 9180), base mode, X25519, HKDF-SHA256, AES-256-GCM. */

import { HoldfastError } from "@holdfast/runtime";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { fromBase64, fromBase64Url, toBase64, toBase64Url } from "./base64.ts";
import type { SignedEvent } from "./event.ts";

/** The `datacontenttype` of an event whose `data_base64` is encrypted: 32 bytes of encapsulated key, then the rest. */
export const sealedType = "application/vnd.holdfast.sealed";

const encapsulatedBytes = 32;

/** What is bound to the body without being in it: the body of one event fits into no other. */
export type SealedFor = Pick<SignedEvent, "source" | "recipient" | "sequence" | "type">;

/** A pair of X25519 keys, in base64url: the public one is told to whoever may write. */
export interface BodyKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

const suite = () =>
  new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** Makes a pair from the platform's source of randomness. */
export async function generateBodyKeys(): Promise<BodyKeys> {
  const { kem } = suite();
  const pair = await kem.generateKeyPair();
  const [own, told] = [
    await kem.serializePrivateKey(pair.privateKey),
    await kem.serializePublicKey(pair.publicKey),
  ];
  return { privateKey: toBase64Url(new Uint8Array(own)), publicKey: toBase64Url(new Uint8Array(told)) };
}

/** Encrypts `data` for the holder of `publicKey`. Throws `BAD_KEY` for what is no such key. */
export async function sealBody(
  data: unknown,
  publicKey: string,
  to: SealedFor,
): Promise<Pick<SignedEvent, "datacontenttype" | "data_base64">> {
  const hpke = suite();
  const key = await imported(() => hpke.kem.deserializePublicKey(fromBase64Url(publicKey).buffer));
  const plain = new TextEncoder().encode(JSON.stringify(data ?? null));
  const { enc, ct } = await hpke.seal({ recipientPublicKey: key, info: info(to) }, plain.buffer);
  const bytes = new Uint8Array(enc.byteLength + ct.byteLength);
  bytes.set(new Uint8Array(enc));
  bytes.set(new Uint8Array(ct), enc.byteLength);
  return { datacontenttype: sealedType, data_base64: toBase64(bytes) };
}

/** What `sealBody` was given. Throws `BODY_UNREADABLE` when the body is for another key or another event, or was changed. */
export async function openBody(event: SignedEvent, { privateKey }: BodyKeys): Promise<unknown> {
  const hpke = suite();
  const key = await imported(() => hpke.kem.deserializePrivateKey(fromBase64Url(privateKey).buffer));
  try {
    const bytes = fromBase64(event.data_base64 ?? "");
    const [enc, sealed] = [bytes.slice(0, encapsulatedBytes), bytes.slice(encapsulatedBytes)];
    const plain = await hpke.open({ recipientKey: key, enc: enc.buffer, info: info(event) }, sealed.buffer);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
  } catch (cause) {
    const text = `the body of event ${event.sequence} of ${event.source} cannot be read with this key`;
    throw new HoldfastError("BODY_UNREADABLE", text, { cause });
  }
}

function info({ source, recipient, sequence, type }: SealedFor): ArrayBuffer {
  return new TextEncoder().encode(
    JSON.stringify(["holdfast.relay/1 body", source, recipient, sequence, type]),
  ).buffer;
}

async function imported<K>(read: () => Promise<K>): Promise<K> {
  try {
    return await read();
  } catch (cause) {
    throw new HoldfastError("BAD_KEY", "this is no X25519 key", { details: { why: "not-a-key" }, cause });
  }
}
