/**
 * V8 collects what was promoted only when it runs short, and on a machine with much memory that is never: a daemon with
 * 15 MiB of its own stood at 270 after six minutes of clients that read whole logs.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock, Timer } from "@holdfast/runtime";

const lookMs = 1_000;
const mebibyte = 1024 * 1024;
/** Less than that is not worth a pause of some 20 ms. */
const littleBytes = 8 * mebibyte;
/** So much may be alive, and then it would be a pause of hundreds: V8 collects that by itself, in steps. */
const muchBytes = 96 * mebibyte;

/** How much memory the process has, and how much of its heap is not known to be free. */
export interface MemorySize {
  readonly rss: number;
  readonly heapUsed: number;
}

/** True when it has grown so much since the last collection, which left `keptBytes`, that another one is worth its pause. */
export function isWorthCollecting(size: MemorySize, keptBytes: number): boolean {
  return size.rss > keptBytes + littleBytes && size.heapUsed < muchBytes;
}

/** What is there to be collected, and how. */
export interface Garbage {
  readonly size: () => MemorySize;
  readonly collect: () => void;
}

/** Looks every second whether there is much to be collected. Returns the function that ends it. */
export function giveMemoryBack(clock: Clock, { size, collect }: Garbage = ownGarbage()): () => void {
  let keptBytes = size().rss;
  let timer: Timer;
  const look = (): void => {
    if (isWorthCollecting(size(), keptBytes)) {
      collect();
      keptBytes = size().rss;
    }
    later();
  };
  const later = (): void => {
    timer = clock.setTimeout(look, lookMs);
    timer.unref();
  };
  later();
  return () => clock.clearTimeout(timer);
}

/** Node gives `gc` only to those who start it with a flag; a context that is made under the flag has it too. */
function ownGarbage(): Garbage {
  let collect: ((how: { readonly type: "major"; readonly flavor: "last-resort" }) => void) | undefined;
  return {
    size: () => ({
      rss: process.memoryUsage.rss(),
      // Asked for only where the process has grown: it takes ten times as long.
      get heapUsed() {
        return process.memoryUsage().heapUsed;
      },
    }),
    collect: () => {
      if (collect === undefined) {
        setFlagsFromString("--expose-gc");
        collect = runInNewContext("gc") as typeof collect;
        setFlagsFromString("--no-expose-gc");
      }
      // The usual flavor keeps the pages that it freed for later.
      collect?.({ type: "major", flavor: "last-resort" });
    },
  };
}
