import type { KeyText } from "./public-key.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Whatever a platform answers at once, or later. */
export type MaybePromise<T> = T | Promise<T>;

/** What signs for one identity. The private key stays inside. */
export interface Signer {
  readonly publicKey: KeyText;
  sign(message: Bytes): MaybePromise<Bytes>;
}

/** What a platform knows of Ed25519 (RFC 8032) and SHA-256: `nodeCrypto` from `./node`, `webCrypto` elsewhere. */
export interface Crypto {
  /** Never rejects: a signature that cannot be read is a wrong one. The key has been checked by `publicKey` before. */
  verify(key: KeyText, message: Bytes, signature: Bytes): MaybePromise<boolean>;
  sha256(message: Bytes): MaybePromise<Bytes>;
}
