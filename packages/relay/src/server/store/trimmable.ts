import type { TrimRule } from "./relay-store.ts";

/** What a decision to trim needs of a slot. */
export interface TrimmedSlot {
  readonly trimmed: number;
  /** A reader has all up to this sequence. */
  readonly wasRead: number;
  readonly bytes: number;
}

/** What a decision to trim needs of an event. */
export interface OldEvent {
  readonly seq: number;
  /** Wall ms. */
  readonly at: number;
  readonly bytes: number;
}

/** What is to go: `count` events, all up to `upTo`. */
export interface Trimmable {
  readonly upTo: number;
  readonly count: number;
  readonly bytes: number;
}

/** Decides what goes of the oldest events of a slot, given in their order. */
export function trimmable(slot: TrimmedSlot, oldest: Iterable<OldEvent>, rule: TrimRule): Trimmable {
  let [upTo, count, bytes] = [slot.trimmed, 0, 0];
  for (const event of oldest) {
    const isOld = event.at < rule.before;
    const isSpare = event.seq <= slot.wasRead && slot.bytes - bytes > rule.keepBytes;
    if (!isOld && !isSpare) break;
    upTo = event.seq;
    count++;
    bytes += event.bytes;
  }
  return { upTo, count, bytes };
}

/** As many events go in one transaction: nobody who appends waits for more. */
export const mostTrimmedAtOnce = 1_000;
