/**
 * Tells every relay of a store that a slot has a new head. A wake may be lost, repeated, or come late: it only says look
 * now, and heartbeats, which carry the head as the store has it, make up for one that was lost.
 */
import type { Cursor } from "../../protocol/index.ts";

export interface WakeBus extends AsyncDisposable {
  /** Never throws, and nobody waits for it. */
  publish(slot: string, head: Cursor): void;
  /** Calls `listener` for each head that is published for `slot`, by whomever, until the returned function is called. */
  subscribe(slot: string, listener: (head: Cursor) => void): () => void;
  /** Calls `listener` whenever wakes may have been lost, as after a reconnect; for as long as the bus lives. */
  onGap(listener: () => void): void;
  /** Resolves when wakes come through now; rejects with `STORE_UNAVAILABLE`. */
  ready(): Promise<void>;
}
