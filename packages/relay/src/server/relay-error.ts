import { HoldfastError } from "@holdfast/runtime";
import type { RelayErrorCode } from "../protocol/index.ts";

/** What a request is refused with: the code decides the status, see `errorKinds`. */
export class RelayError extends HoldfastError<
  RelayErrorCode,
  { readonly retryAfterMs?: number } | undefined
> {}
