import * as v from "valibot";

/** What a refusal is told as: its HTTP status, and whether the same request may succeed later. */
export interface ErrorKind {
  readonly status: number;
  /** `later`: after `Retry-After`. `never`: not unless something is changed. */
  readonly retry: "later" | "never";
  readonly meaning: string;
}

/** Every code that a relay answers with. */
export const errorKinds: Readonly<Record<RelayErrorCode, ErrorKind>> = {
  BAD_REQUEST: { status: 400, retry: "never", meaning: "a path, query, header or body is not of its form" },
  BAD_CURSOR: { status: 400, retry: "never", meaning: "`after` is not EPOCH:SEQ" },
  BAD_ENVELOPE: { status: 400, retry: "never", meaning: "the body is no JSON object in UTF-8" },
  UNAUTHORISED: {
    status: 401,
    retry: "never",
    meaning: "there is no token, or one that never was, was revoked, or has expired",
  },
  FORBIDDEN: { status: 403, retry: "never", meaning: "the token is for something else, or for another slot" },
  NOT_FOUND: { status: 404, retry: "never", meaning: "there is no such path" },
  NO_SUCH_SLOT: { status: 404, retry: "never", meaning: "the slot does not exist, or no longer" },
  NO_SUCH_TOKEN: { status: 404, retry: "never", meaning: "no token has that id" },
  METHOD_NOT_ALLOWED: { status: 405, retry: "never", meaning: "the path takes other methods, see `Allow`" },
  REQUEST_TIMEOUT: { status: 408, retry: "later", meaning: "the request did not come in time" },
  SLOT_EXISTS: { status: 409, retry: "never", meaning: "a slot of that name exists" },
  ID_REUSED: { status: 409, retry: "never", meaning: "this sender has posted other bytes under the same id" },
  TOO_MANY_TOKENS: {
    status: 409,
    retry: "never",
    meaning: "two tokens for the same thing live already; revoke one",
  },
  CURSOR_GONE: {
    status: 410,
    retry: "never",
    meaning: "events after that cursor were trimmed, or it is of another epoch; `oldest` says where to go on",
  },
  TOO_LARGE: { status: 413, retry: "never", meaning: "the body is larger than the relay takes" },
  UNSUPPORTED_TYPE: { status: 415, retry: "never", meaning: "the body is not `application/json`" },
  RATE_LIMITED: {
    status: 429,
    retry: "later",
    meaning: "more requests than this token may make, or, without a good one, this address",
  },
  INTERNAL: { status: 500, retry: "later", meaning: "the relay failed; its log says how" },
  SLOT_FULL: { status: 503, retry: "later", meaning: "the slot has as many events or bytes as it may hold" },
  TOO_MANY_SLOTS: { status: 503, retry: "later", meaning: "the relay has as many slots as it may hold" },
  TOO_MANY_READERS: { status: 503, retry: "later", meaning: "as many streams are open as may be" },
  BUSY: { status: 503, retry: "later", meaning: "more requests are under way than the relay takes" },
  STOPPING: { status: 503, retry: "later", meaning: "the relay is about to stop" },
  STORE_UNAVAILABLE: {
    status: 503,
    retry: "later",
    meaning: "the store cannot take or give anything now, as with a full disk; nothing was acknowledged",
  },
};

/** The code of a refusal, in `{error: {code, message}}`. */
export type RelayErrorCode =
  | "BAD_REQUEST"
  | "BAD_CURSOR"
  | "BAD_ENVELOPE"
  | "UNAUTHORISED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "NO_SUCH_SLOT"
  | "NO_SUCH_TOKEN"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_TIMEOUT"
  | "SLOT_EXISTS"
  | "ID_REUSED"
  | "TOO_MANY_TOKENS"
  | "CURSOR_GONE"
  | "TOO_LARGE"
  | "UNSUPPORTED_TYPE"
  | "RATE_LIMITED"
  | "INTERNAL"
  | "SLOT_FULL"
  | "TOO_MANY_SLOTS"
  | "TOO_MANY_READERS"
  | "BUSY"
  | "STOPPING"
  | "STORE_UNAVAILABLE";

/** The body of every refusal. A code that a client does not know is judged by the status. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

export const errorBodySchema: v.GenericSchema<unknown, ErrorBody> = v.object({
  error: v.object({ code: v.string(), message: v.string() }),
});
