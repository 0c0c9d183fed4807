import type { Clock } from "@holdfast/runtime";

const sliceMs = 8;

/** Lets everybody else work once in a while: a function to await often, which mostly returns at once. */
export function breather(clock: Clock): () => Promise<void> {
  let since = clock.monotonic();
  return async () => {
    if (clock.monotonic() - since < sliceMs) return;
    await clock.sleep(0);
    since = clock.monotonic();
  };
}
