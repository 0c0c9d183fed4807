/** `/v1/slots` and `/v1/tokens`. Times are wall ms. */
import * as v from "valibot";
import { senderForm, slotForm } from "./names.ts";

/**
 * What a token is for. `read`: pull and stream one slot. `post`: append to one slot, as one sender. `admin`: mint and
 * revoke tokens of one slot, or, of no slot, everything.
 */
export type TokenScope = "read" | "post" | "admin";

const slotName: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(slotForm, "is no name of a slot"),
);

/** The body of `POST /v1/slots`. Without a name the relay draws one that cannot be guessed. */
export interface CreateSlot {
  readonly slot?: string;
}

export const createSlotSchema: v.GenericSchema<unknown, CreateSlot> = v.strictObject({
  slot: v.exactOptional(slotName),
});

/** A slot as it is told of. */
export interface SlotStatus {
  readonly slot: string;
  readonly epoch: string;
  readonly head: string;
  /** Pulling after this gives the oldest event there is. */
  readonly oldest: string;
  readonly events: number;
  readonly bytes: number;
  readonly createdAt: number;
}

export const slotStatusSchema: v.GenericSchema<unknown, SlotStatus> = v.object({
  slot: v.string(),
  epoch: v.string(),
  head: v.string(),
  oldest: v.string(),
  events: v.number(),
  bytes: v.number(),
  createdAt: v.number(),
});

/** The answer to `GET /v1/slots`. */
export interface SlotList {
  readonly slots: readonly SlotStatus[];
}

export const slotListSchema: v.GenericSchema<unknown, SlotList> = v.object({
  slots: v.array(slotStatusSchema),
});

/** The body of `POST /v1/tokens`. */
export interface MintToken {
  readonly scope: TokenScope;
  /** For `read` and `post`; an `admin` token without one is for all of the relay. */
  readonly slot?: string;
  /** For `post`. */
  readonly sender?: string;
  /** From now, ms; without, it does not expire. */
  readonly expiresInMs?: number;
}

export const mintTokenSchema: v.GenericSchema<unknown, MintToken> = v.pipe(
  v.strictObject({
    scope: v.picklist(["read", "post", "admin"]),
    slot: v.exactOptional(slotName),
    sender: v.exactOptional(v.pipe(v.string(), v.regex(senderForm, "is no name of a sender"))),
    expiresInMs: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  }),
  v.check(
    ({ scope, slot }) => scope === "admin" || slot !== undefined,
    "a token to read or post names its slot",
  ),
  v.check(
    ({ scope, sender }) => (scope === "post") === (sender !== undefined),
    "a sender goes with post, and only with it",
  ),
);

/** A token as it is listed: what it is itself is told once, when it is minted. */
export interface TokenStatus {
  readonly id: string;
  readonly scope: TokenScope;
  readonly slot: string | null;
  readonly sender: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export const tokenStatusSchema: v.GenericSchema<unknown, TokenStatus> = v.object({
  id: v.string(),
  scope: v.picklist(["read", "post", "admin"]),
  slot: v.nullable(v.string()),
  sender: v.nullable(v.string()),
  createdAt: v.number(),
  expiresAt: v.nullable(v.number()),
});

/** The answer to `POST /v1/tokens`. */
export interface MintedToken extends TokenStatus {
  /** Only its hash is kept: who loses it mints another. */
  readonly token: string;
}

export const mintedTokenSchema: v.GenericSchema<unknown, MintedToken> = v.object({
  id: v.string(),
  scope: v.picklist(["read", "post", "admin"]),
  slot: v.nullable(v.string()),
  sender: v.nullable(v.string()),
  createdAt: v.number(),
  expiresAt: v.nullable(v.number()),
  token: v.string(),
});

/** The answer to `GET /v1/tokens?slot=`. */
export interface TokenList {
  readonly tokens: readonly TokenStatus[];
}

export const tokenListSchema: v.GenericSchema<unknown, TokenList> = v.object({
  tokens: v.array(tokenStatusSchema),
});
