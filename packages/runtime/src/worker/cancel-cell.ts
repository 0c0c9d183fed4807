import { serializeError } from "../errors.ts";
import type { ShutdownReason } from "../shutdown.ts";
import { reviveError } from "./revive-error.ts";

// Two int32, whether it is cancelled and the length of the reason; then the reason, as UTF-8.
const headBytes = 8;
const reasonBytes = 2_040;

/**
 * Memory that both threads see, so that a worker learns of its cancellation in the middle of a computation.
 * `undefined` where there is none: in a browser whose page is not cross-origin isolated.
 */
export function makeCell(): SharedArrayBuffer | undefined {
  return typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(headBytes + reasonBytes) : undefined;
}

/** Writes the reason down, then says that it is there, and wakes who sleeps on it. */
export function cancelCell(cell: SharedArrayBuffer, reason: string): void {
  const long = new TextEncoder().encode(reason);
  const { kind } = decodeReason(reason);
  // A reason that is too long loses its words, not its kind.
  const bytes = long.length <= reasonBytes ? long : new TextEncoder().encode(JSON.stringify({ kind }));
  new Uint8Array(cell, headBytes).set(bytes);
  const head = new Int32Array(cell, 0, 2);
  head[1] = bytes.length;
  Atomics.store(head, 0, 1);
  Atomics.notify(head, 0);
}

/** The reason, once the cell is cancelled. */
export function readCell(cell: SharedArrayBuffer): ShutdownReason | undefined {
  const head = new Int32Array(cell, 0, 2);
  if (Atomics.load(head, 0) === 0) return undefined;
  // Copied, since no platform decodes text out of shared memory.
  const bytes = new Uint8Array(cell, headBytes, head[1]).slice();
  return decodeReason(new TextDecoder().decode(bytes));
}

/** Blocks the thread for `ms`, or until the cell is cancelled. */
export function sleepOnCell(cell: SharedArrayBuffer, ms: number): void {
  Atomics.wait(new Int32Array(cell, 0, 2), 0, 0, ms);
}

/** A reason as text, for a message or a cell; its error as far as it can be known on the other side. */
export function encodeReason(reason: ShutdownReason): string {
  return JSON.stringify(
    reason.kind === "fatal" && reason.error !== undefined
      ? { ...reason, error: serializeError(reason.error) }
      : reason,
  );
}

export function decodeReason(text: string): ShutdownReason {
  const reason = JSON.parse(text);
  return reason.error === undefined ? reason : { ...reason, error: reviveError(reason.error) };
}
