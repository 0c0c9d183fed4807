/** Signatures of the Standard Webhooks specification 1.0: HMAC-SHA256 of `ID.SECONDS.BODY`. */
import { createHmac } from "node:crypto";

/** The key that a secret's text stands for: what follows `whsec_` is base64, anything else is taken as it is. */
export function webhookKey(text: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/=_-]+)$/.exec(text.trim())?.[1];
  return encoded === undefined ? Buffer.from(text.trim()) : Buffer.from(encoded, "base64");
}

/** The headers that a receiver checks. Without a key there is no signature. */
export function webhookHeaders(
  id: string,
  at: number,
  body: string,
  key?: Buffer,
): Readonly<Record<string, string>> {
  const timestamp = `${Math.floor(at / 1_000)}`;
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (key === undefined) return headers;
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}
