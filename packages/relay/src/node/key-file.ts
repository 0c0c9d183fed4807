import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { HoldfastError } from "@holdfast/runtime";
import * as v from "valibot";
import { type BodyKeys, generateBodyKeys } from "../envelope/body.ts";
import type { Signer } from "../envelope/crypto.ts";
import { nodeSigner } from "./node-crypto.ts";
import { ensureOwnFile, replaceFile } from "./own-file.ts";

/** Who somebody is: an Ed25519 key to sign with, and an X25519 pair that bodies are encrypted to. */
export interface Identity {
  readonly signer: Signer;
  readonly bodyKeys: BodyKeys;
}

const form = v.object({
  version: v.literal(1),
  /** PKCS #8, as PEM. */
  signingKey: v.string(),
  bodyKeys: v.object({ publicKey: v.string(), privateKey: v.string() }),
});

/**
 * The identity in a file that only we can read (0600), made if there is none. Throws `UNSAFE_FILE` when others could read
 * it or put another in its place, and `BAD_KEY_FILE` for what is no identity: it is never replaced by a new one.
 */
export async function openIdentity(path: string): Promise<Identity> {
  const mode = lstatSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) await replaceFile(path, JSON.stringify(await newIdentity(), null, 2));
  else if ((mode & 0o077) !== 0) {
    const message = `${path} can be read by others, who may have its key; make a new one, or run chmod 600 on it`;
    throw new HoldfastError("UNSAFE_FILE", message);
  }
  ensureOwnFile(path);
  try {
    const { signingKey, bodyKeys } = v.parse(form, JSON.parse(readFileSync(path, "utf8")));
    return { signer: nodeSigner(createPrivateKey(signingKey)), bodyKeys };
  } catch (cause) {
    throw new HoldfastError("BAD_KEY_FILE", `${path} holds no identity; put it back from a copy`, { cause });
  }
}

async function newIdentity(): Promise<v.InferOutput<typeof form>> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signingKey = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  return { version: 1, signingKey, bodyKeys: await generateBodyKeys() };
}
