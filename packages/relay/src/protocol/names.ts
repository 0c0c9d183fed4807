/** The forms of names on the wire. Each is checked where it comes in, and nowhere else. */

/** A mailbox: lower-case letters, digits, `.`, `_` and `-`, at most 63, the first a letter or digit. */
export const slotForm: RegExp = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Who posts, as the owner of the slot calls it: no proof of anything, the signature is. At most 128 characters. */
export const senderForm: RegExp = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

/** An envelope's id, which is also the `Idempotency-Key` of its posting: base64url or hex, 16 to 128 characters. */
export const eventIdForm: RegExp = /^[A-Za-z0-9_-]{16,128}$/;

/** A token as it is shown once, when it is minted. */
export const tokenForm: RegExp = /^hfr_[A-Za-z0-9_-]{43}$/;
