import type { StreamState } from "@holdfast/runtime";
import { UnauthorisedError } from "./http/refusal.ts";

/**
 * stopped → connecting → connected                 the stream is open, and pulls succeed
 *           connecting ⇄ backoff                    neither stream nor pulls work
 *           connected ⇄ degraded                    one of them works: mail comes, later than it could
 *           any → unauthorised → connecting         the token is refused, until there is another one
 *           any → stopped
 * `until` is wall ms.
 */
export type ClientState =
  | { readonly kind: "stopped" }
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "connected"; readonly since: number }
  | { readonly kind: "degraded"; readonly without: "stream" | "pull"; readonly error?: unknown }
  | { readonly kind: "backoff"; readonly until?: number; readonly error?: unknown }
  | { readonly kind: "unauthorised"; readonly error: unknown };

/** How the last pull ended, or that there was none since the stream began anew. */
export type PullEnd =
  | { readonly kind: "none" }
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly error: unknown };

/** All that a client knows about its connection; `stream` is absent while it does not run. */
export interface Facts {
  readonly stream?: StreamState;
  readonly pull: PullEnd;
}

/** What those facts come to. Pure. */
export function stateOf({ stream, pull }: Facts): ClientState {
  if (!stream) return { kind: "stopped" };
  if (stream.kind === "closed" && stream.error instanceof UnauthorisedError) {
    return { kind: "unauthorised", error: stream.error };
  }
  if (pull.kind === "failed" && pull.error instanceof UnauthorisedError) {
    return { kind: "unauthorised", error: pull.error };
  }
  switch (stream.kind) {
    case "open":
      return pull.kind === "failed"
        ? { kind: "degraded", without: "pull", error: pull.error }
        : { kind: "connected", since: stream.since };
    case "connecting":
      return { kind: "connecting", attempt: stream.attempt };
    case "waiting":
      if (pull.kind === "succeeded") return without("stream", stream);
      return { kind: "backoff", until: stream.until, ...errorOf(stream) };
    case "closed":
      if (pull.kind === "succeeded") return without("stream", stream);
      return { kind: "backoff", ...errorOf(stream) };
  }
}

function without(what: "stream" | "pull", failed: { readonly error?: unknown }): ClientState {
  return { kind: "degraded", without: what, ...errorOf(failed) };
}

function errorOf({ error }: { readonly error?: unknown }): { readonly error?: unknown } {
  return error === undefined ? {} : { error };
}
