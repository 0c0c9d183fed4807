import { hash } from "node:crypto";
import type { Random } from "@holdfast/runtime";

/** A new token: 256 random bits, and a beginning by which scanners of leaked secrets know it. */
export function newToken(random: Random): string {
  return `hfr_${text(random.bytes(32))}`;
}

/** What is kept of a token. Fast on purpose: nobody guesses 256 bits. */
export function hashToken(token: string): Uint8Array {
  return new Uint8Array(hash("sha256", token, "buffer"));
}

/** Names a token in lists and logs; says nothing of it. */
export function newTokenId(random: Random): string {
  return `tok_${text(random.bytes(9))}`;
}

/** Names one life of a slot. */
export function newEpoch(random: Random): string {
  return text(random.bytes(9));
}

/** A name that nobody guesses, in the letters that a slot may have. */
export function newSlotName(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("hex");
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
