import { HoldfastError } from "@holdfast/runtime";
import type { RelayErrorCode } from "../protocol/index.ts";

/** What a `RelayError` carries besides its code. */
export interface RelayErrorDetails {
  /** For codes that may succeed later: what `Retry-After` says. */
  readonly retryAfterMs?: number;
  /** For `CURSOR_GONE`: members of the body beside `error`. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What a request is refused with: the code decides the status, see `errorKinds`. */
export class RelayError extends HoldfastError<RelayErrorCode, RelayErrorDetails | undefined> {}
