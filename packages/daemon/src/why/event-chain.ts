import type { DaemonEvent } from "../api/contract.ts";

/** So many events are looked at, and then the one that all of them began with. */
const most = 200;

/** The events that led to one, the newest first. */
export interface EventChain {
  readonly events: readonly DaemonEvent[];
  /** What they began with, where there are more than are looked at. */
  readonly root: DaemonEvent | undefined;
}

/** Walks back from event `last`; `root` is where its life began. Bounded, however long that was ago. */
export function eventChain(
  { last, root }: { readonly last: number; readonly root: number },
  get: (seq: number) => DaemonEvent | undefined,
): EventChain {
  const events: DaemonEvent[] = [];
  for (let seq: number | null = last; seq !== null; ) {
    const event = get(seq);
    if (event === undefined) break;
    if (events.length === most) return { events, root: event.seq === root ? event : get(root) };
    events.push(event);
    seq = event.cause.after;
  }
  return { events, root: undefined };
}
