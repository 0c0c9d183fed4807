/** Who a request comes from, and what it may do. */
import type { Clock } from "@holdfast/runtime";
import { type TokenScope, tokenForm } from "../../protocol/index.ts";
import { RelayError } from "../relay-error.ts";
import { hashToken } from "../secrets.ts";
import type { RelayStore, TokenRow } from "../store/relay-store.ts";

/** The token that is shown. Throws `UNAUTHORISED` for none, one that is not known, and one that has expired. */
export async function admit(
  authorization: string | undefined,
  store: Pick<RelayStore, "findToken">,
  clock: Pick<Clock, "now">,
): Promise<TokenRow> {
  const shown = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
  if (shown === undefined) throw new RelayError("UNAUTHORISED", "show a token: Authorization: Bearer hfr_…");
  // What has not the form of a token costs no look into the store.
  const token = tokenForm.test(shown) ? await store.findToken(hashToken(shown)) : undefined;
  if (token === undefined)
    throw new RelayError("UNAUTHORISED", "this token is not known here, or was revoked");
  if (token.expiresAt !== undefined && token.expiresAt <= clock.now()) {
    throw new RelayError("UNAUTHORISED", "this token has expired; ask for another");
  }
  return token;
}

/** Throws `FORBIDDEN` unless the token is for this, in this very slot. */
export function demand(token: TokenRow, scope: Exclude<TokenScope, "admin">, slot: string): void {
  if (token.scope === scope && token.slot === slot) return;
  throw new RelayError(
    "FORBIDDEN",
    `this token is not for ${scope === "read" ? "reading" : "posting to"} ${slot}`,
  );
}

/** Throws `FORBIDDEN` unless the token administers this slot, or everything. */
export function demandAdmin(token: TokenRow, slot: string | undefined): void {
  if (token.scope === "admin" && (token.slot === undefined || token.slot === slot)) return;
  const what = slot === undefined ? "the relay" : slot;
  throw new RelayError("FORBIDDEN", `this token does not administer ${what}`);
}
