import type { Crypto, Signer } from "./crypto.ts";
import { type KeyText, keyBytes, publicKey } from "./public-key.ts";

/** A key of `crypto.subtle`, by whichever name the platform's types have for it. */
export type WebKey = Parameters<typeof crypto.subtle.exportKey>[1];

/** Both halves of an Ed25519 key of `crypto.subtle`. */
export interface WebKeyPair {
  readonly privateKey: WebKey;
  readonly publicKey: WebKey;
}

const algorithm = "Ed25519";

/** How many imported keys are kept. */
const keptKeys = 1_000;

/** Ed25519 and SHA-256 of `crypto.subtle`, for browsers and wherever there is no `node:crypto`. */
export function webCrypto(): Crypto {
  const imported = new Map<KeyText, Promise<WebKey>>();
  const keyOf = (key: KeyText): Promise<WebKey> => {
    let found = imported.get(key);
    if (!found) {
      found = crypto.subtle.importKey("raw", keyBytes(key), algorithm, false, ["verify"]);
      imported.set(key, found);
      const [oldest] = imported.keys();
      if (imported.size > keptKeys && oldest !== undefined) imported.delete(oldest);
    }
    return found;
  };
  return {
    async verify(key, message, signature) {
      try {
        return await crypto.subtle.verify(algorithm, await keyOf(key), signature, message);
      } catch {
        return false;
      }
    },
    sha256: async (message) => new Uint8Array(await crypto.subtle.digest("SHA-256", message)),
  };
}

/** Signs with a pair of `crypto.subtle`, whose private key need not be extractable. Throws `BAD_KEY` for a broken pair. */
export async function webSigner({ privateKey, publicKey: key }: WebKeyPair): Promise<Signer> {
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", key));
  return {
    publicKey: publicKey(raw),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, message)),
  };
}
