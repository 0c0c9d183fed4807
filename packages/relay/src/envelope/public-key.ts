import { HoldfastError } from "@holdfast/runtime";
import { fromBase64Url, toBase64Url } from "./base64.ts";

/** An Ed25519 public key that passed every check below, as 43 characters of base64url. */
export type KeyText = string & { readonly key: "ed25519" };

/** Why a key is refused. `code` is always `BAD_KEY`. */
export interface BadKey {
  readonly why: "not-a-key" | "not-canonical" | "small-order" | "not-on-curve";
}

export type BadKeyError = HoldfastError<"BAD_KEY", BadKey>;

const p = 2n ** 255n - 19n;
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * The y of the eight points of small order, with which a signature can be made that holds for many messages or for
 * all: 0, 1, -1 and the two of order 8. Each has two encodings, one for each sign of x; 0 and 1 have two more that are
 * not canonical, y + p: 14 in all.
 */
const smallOrder: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  p - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

/**
 * Checks the 32 bytes of a key before it is pinned. Throws `BAD_KEY` for one of small order, whose signatures anybody can
 * forge, for one with a second spelling, and for one that is no point of the curve. Verifying alone checks none of these.
 */
export function publicKey(bytes: Uint8Array): KeyText {
  if (bytes.length !== 32) throw bad("not-a-key", `a key has 32 bytes, not ${bytes.length}`);
  const encoded = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const y = encoded & ((1n << 255n) - 1n);
  if (smallOrder.has(y % p))
    throw bad("small-order", "a key of small order proves nothing; refuse whoever shows it");
  if (y >= p) throw bad("not-canonical", "the key is not in its one canonical form");
  if (!isOnCurve(y)) throw bad("not-on-curve", "the key is no point of edwards25519");
  return toBase64Url(bytes) as KeyText;
}

/** Texts that passed, the oldest first: the checks take longer than to verify a signature, and senders come again. */
const passed = new Set<string>();
const keptTexts = 1_000;

/** The same for a key as text. Throws `BAD_KEY`. */
export function parsePublicKey(text: string): KeyText {
  if (passed.has(text)) return text as KeyText;
  const key = checkedKey(text);
  passed.add(key);
  const [oldest] = passed;
  if (passed.size > keptTexts && oldest !== undefined) passed.delete(oldest);
  return key;
}

function checkedKey(text: string): KeyText {
  if (text.length !== 43) throw bad("not-a-key", `a key has 43 characters of base64url, not ${text.length}`);
  let bytes: Uint8Array;
  try {
    bytes = fromBase64Url(text);
  } catch (cause) {
    throw bad("not-a-key", "a key is written in base64url", cause);
  }
  return publicKey(bytes);
}

/** The 32 bytes of a key. */
export function keyBytes(key: KeyText): Uint8Array<ArrayBuffer> {
  return fromBase64Url(key);
}

/** Whether x² = (y² - 1) / (d·y² + 1) has a root: Euler's criterion on numerator times denominator. */
function isOnCurve(y: bigint): boolean {
  const square = (y * y) % p;
  const product = ((square - 1n + p) * (d * square + 1n)) % p;
  return product === 0n || power(product, (p - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [factor, rest] = [base, exponent]; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % p;
    factor = (factor * factor) % p;
  }
  return result;
}

function bad(why: BadKey["why"], message: string, cause?: unknown): BadKeyError {
  return new HoldfastError<"BAD_KEY", BadKey>("BAD_KEY", message, { details: { why }, cause });
}
