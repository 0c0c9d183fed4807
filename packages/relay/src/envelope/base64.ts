/** Base64 of RFC 4648, strictly: one text for each sequence of bytes, so that nothing can be said in two ways. */
import { HoldfastError } from "@holdfast/runtime";

/** The standard alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  // One call takes so many arguments at most.
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(text);
}

/** Throws `BAD_BASE64` for anything that `toBase64` does not write. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw bad();
  const binary = decoded(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  // Bits that stand for nothing are 0.
  if (text.endsWith("=") && toBase64(bytes.subarray(bytes.length - (bytes.length % 3))) !== text.slice(-4)) {
    throw bad();
  }
  return bytes;
}

/** The alphabet for URLs, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Throws `BAD_BASE64` for anything that `toBase64Url` does not write. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw bad();
  const standard = text.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(standard + "=".repeat((4 - (standard.length % 4)) % 4));
}

function decoded(text: string): string {
  try {
    return atob(text);
  } catch (cause) {
    throw bad(cause);
  }
}

function bad(cause?: unknown): HoldfastError<"BAD_BASE64"> {
  return new HoldfastError("BAD_BASE64", "this is not base64 as RFC 4648 writes it", { cause });
}
