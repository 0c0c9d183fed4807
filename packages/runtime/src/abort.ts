/** The part of a `ShutdownToken` that waiting code needs: is it over, and tell me when. */
export interface Cancellation {
  readonly isCancelled: boolean;
  /** Calls `listener` once, at once if it is over already. Returns a function that takes it off. */
  onCancel(listener: () => void): () => void;
}

/** Calls `listener` once when `signal` aborts, at once if it already has. Returns a function that takes the listener off. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** True for what platforms, and our own tokens, throw at work that was cancelled. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
