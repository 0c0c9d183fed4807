import type { Clock } from "@holdfast/runtime";

/** So much of a turn of the event loop is given to logs: all who read them share it. */
const sliceMs = 8;

interface Turn {
  readonly startedAt: number;
  readonly over: Promise<void>;
}

/** The turn in which logs are being read now, of each clock. */
const turns = new WeakMap<Clock, Turn>();

/**
 * Lets everybody else work once in a while: a function to await before each piece of work, which mostly returns at
 * once. However many readers there are, together they keep the event loop for no longer than their slice of a turn;
 * those that come too late go on in the next one, in their order.
 */
export function breather(clock: Clock): () => Promise<void> {
  return async () => {
    for (;;) {
      const turn = turns.get(clock) ?? begin(clock);
      if (clock.monotonic() - turn.startedAt < sliceMs) return;
      await turn.over;
    }
  };
}

function begin(clock: Clock): Turn {
  const over = Promise.withResolvers<void>();
  const turn = { startedAt: clock.monotonic(), over: over.promise };
  turns.set(clock, turn);
  clock.setTimeout(() => {
    turns.delete(clock);
    over.resolve();
  }, 0);
  return turn;
}
