/** One-time codes, by which a machine is paired. */
import { createHash } from "node:crypto";
import { type Address, formatAddress, parseAddress } from "@holdfast/relay";
import { type Clock, HoldfastError, type Random } from "@holdfast/runtime";
import type { RemoteRole } from "../api/contract-remote.ts";
import { appNamePattern } from "../spec/app-name.ts";

export const pairCodeMs = 600_000;

/** A code that was given out. */
export interface GivenCode {
  /** Names the token of the relay that goes with it. */
  readonly id: string;
  readonly role: RemoteRole;
  /** Wall ms. */
  readonly until: number;
}

/** What a code says. */
export interface PairCode {
  readonly secret: string;
  /** What the machine that gave it is called. */
  readonly name: string;
  readonly address: Address;
}

const prefix = "hfp1_";

/** The code as one word, to be pasted. */
export function formatPairCode({ secret, name, address }: PairCode): string {
  return `${prefix}${secret}.${formatAddress(address)}.${name}`;
}

/** Reads such a word. Throws `BAD_CODE`. */
export function parsePairCode(word: string): PairCode {
  const [, secret = "", address = "", name = ""] =
    /^hfp1_([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]+)\.(.+)$/.exec(word.trim()) ?? [];
  try {
    if (!appNamePattern.test(name)) throw new TypeError("it has no name");
    return { secret, name, address: parseAddress(address) };
  } catch (cause) {
    throw new HoldfastError("BAD_CODE", "this is no code to pair with; copy all of it, or make another one", {
      cause,
    });
  }
}

/** The codes that were given out and not used. They end with the daemon. */
export class PairCodes {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #given = new Map<string, GivenCode>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  make(role: RemoteRole): GivenCode & { readonly secret: string } {
    const now = this.#clock.now();
    for (const [hash, { until }] of this.#given) if (until <= now) this.#given.delete(hash);
    const [id, secret] = [8, 16].map((bytes) => Buffer.from(this.#random.bytes(bytes)).toString("base64url"));
    const code = { id: `pair:${id?.replaceAll("_", ".")}`, role, until: now + pairCodeMs };
    this.#given.set(hashOf(secret ?? ""), code);
    return { ...code, secret: secret ?? "" };
  }

  /** True while somebody may come with one. */
  get areOut(): boolean {
    const now = this.#clock.now();
    return [...this.#given.values()].some(({ until }) => until > now);
  }

  /** The code with that secret, if it is still good. */
  find(secret: string): GivenCode | undefined {
    const found = this.#given.get(hashOf(secret));
    return found !== undefined && found.until > this.#clock.now() ? found : undefined;
  }

  /** It was used. */
  spend(secret: string): void {
    this.#given.delete(hashOf(secret));
  }
}

/** What is looked up is a hash, so that the time it takes tells nothing. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
