/** How a browser gets in: a code that works once and soon, exchanged for a cookie. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@holdfast/runtime";

export type Role = "operate" | "read";

/** A browser that was let in. Times are wall-clock milliseconds. */
export interface Session {
  readonly id: string;
  readonly role: Role;
  readonly since: number;
  readonly until: number;
}

export interface KeptSession extends Session {
  readonly secretHash: string;
}

const codeMs = 60_000;
const sessionMs = 30 * 24 * 3_600_000;
const maxSessions = 100;

/** Who is in. Of codes and cookies only hashes are kept. */
export class Sessions {
  readonly #clock: Clock;
  readonly #keep: (sessions: readonly KeptSession[]) => unknown;
  readonly #codes = new Map<string, { readonly role: Role; readonly until: number }>();
  #sessions: readonly KeptSession[];
  #kept: unknown;

  /** `kept` is what `keep` was last given, under an earlier daemon. */
  constructor(
    clock: Clock,
    kept: readonly KeptSession[],
    keep: (sessions: readonly KeptSession[]) => unknown,
  ) {
    this.#clock = clock;
    this.#sessions = kept;
    this.#keep = keep;
  }

  /** A code that one browser can log in with, within a minute. */
  makeCode(role: Role): string {
    const now = this.#clock.now();
    for (const [hash, { until }] of this.#codes) if (until <= now) this.#codes.delete(hash);
    const code = randomBytes(32).toString("base64url");
    this.#codes.set(hashOf(code), { role, until: now + codeMs });
    return code;
  }

  /** The cookie's secret, or undefined when the code is unknown, used or too old. */
  logIn(code: string): { readonly secret: string; readonly maxAgeMs: number } | undefined {
    const hash = hashOf(code);
    const found = this.#codes.get(hash);
    this.#codes.delete(hash);
    const now = this.#clock.now();
    if (found === undefined || found.until <= now) return undefined;
    const secret = randomBytes(32).toString("base64url");
    const session: KeptSession = {
      id: randomBytes(4).toString("hex"),
      role: found.role,
      since: now,
      until: now + sessionMs,
      secretHash: hashOf(secret),
    };
    this.#change([...this.#live(), session].slice(-maxSessions));
    return { secret, maxAgeMs: sessionMs };
  }

  find(secret: string): Session | undefined {
    const hash = hashOf(secret);
    return this.#live().find(({ secretHash }) => sameHash(secretHash, hash));
  }

  list(): readonly Session[] {
    return this.#live().map(({ id, role, since, until }) => ({ id, role, since, until }));
  }

  /** True if there was one of that id. */
  revoke(id: string): boolean {
    const left = this.#live().filter((session) => session.id !== id);
    if (left.length === this.#sessions.length) return false;
    this.#change(left);
    return true;
  }

  /** Resolves once every change so far is kept: only then may anybody be told of it. */
  async kept(): Promise<void> {
    await this.#kept;
  }

  #live(): readonly KeptSession[] {
    const now = this.#clock.now();
    return this.#sessions.filter(({ until }) => until > now);
  }

  #change(sessions: readonly KeptSession[]): void {
    this.#sessions = sessions;
    this.#kept = this.#keep(sessions);
  }
}

/** Compares two secrets without telling by the time it takes where they differ. */
export function sameSecret(one: string, other: string): boolean {
  return sameHash(hashOf(one), hashOf(other));
}

function sameHash(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, "hex"), Buffer.from(other, "hex"));
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
