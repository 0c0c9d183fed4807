/**
 * How the page stands with the daemon:
 *
 *     connecting → live → reconnecting → live
 *     connecting|reconnecting → signed-out → connecting     the cookie is none, or was revoked
 */
export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `until`: wall ms of the next try, while there is none under way. */
  | { readonly kind: "reconnecting"; readonly attempt: number; readonly until?: number }
  /** `why` is what the server said of a code that it did not take. */
  | { readonly kind: "signed-out"; readonly why?: string };

/** What the page may do: as its session's role says. `unknown` until the server has told. */
export interface Standing {
  readonly role: "operate" | "read";
  /** The session's id; null for who came in otherwise. */
  readonly sessionId: string | null;
}
