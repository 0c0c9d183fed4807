import { HoldfastError } from "@holdfast/runtime";
import { type ErrorObject, errorName } from "./error-object.ts";

export interface RpcErrorDetails {
  readonly method: string;
  /** JSON-RPC's number, where the server replied with an error. */
  readonly number?: number;
  /** The reply's `data`, where it had one. */
  readonly data?: unknown;
}

/**
 * A call that did not succeed. `code` is the program's own (`data.code` of the reply), else the name of
 * JSON-RPC's number (`METHOD_NOT_FOUND INVALID_PARAMS …`), else what happened on this side: `CONNECTION_CLOSED`,
 * `CALL_TIMED_OUT`, `CALL_CANCELLED`, `BAD_REPLY`.
 */
export class RpcError extends HoldfastError<string, RpcErrorDetails> {
  /** From an error reply to a call of `method`. */
  static fromReply(method: string, error: ErrorObject): RpcError {
    const { data } = error;
    const own = typeof data === "object" && data !== null ? (data as { code?: unknown }).code : undefined;
    return new RpcError(typeof own === "string" ? own : errorName(error.code), error.message, {
      details: { method, number: error.code, ...(data !== undefined && { data }) },
    });
  }
}
