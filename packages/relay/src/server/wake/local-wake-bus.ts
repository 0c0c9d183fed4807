import type { Cursor } from "../../protocol/index.ts";
import { SlotListeners } from "./slot-listeners.ts";
import type { WakeBus } from "./wake-bus.ts";

/** The wakes of one process: they arrive before `publish` returns. */
export function localWakeBus(): WakeBus {
  const listeners = new SlotListeners();
  return {
    publish: (slot: string, head: Cursor) => listeners.tell(slot, head),
    subscribe: (slot, listener) => listeners.add(slot, listener),
    onGap: () => undefined,
    ready: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
