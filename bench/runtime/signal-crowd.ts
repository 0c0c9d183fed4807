import type { Body, Crowd } from "./contender.ts";

/**
 * Plain promises that wait for a signal: `signal` gives each its own, or all the same one; `abort` aborts all; `leave` is
 * told of those that ended by themselves.
 */
export function signalCrowd(
  body: Body,
  signal: () => AbortSignal,
  abort: () => void,
  leave: (signal: AbortSignal) => unknown = () => {},
): Crowd {
  const all: Promise<void>[] = [];
  let ended = 0;
  const work = async (cancelled: Promise<void>) => {
    await cancelled;
    ended++;
  };
  return {
    spawn(count) {
      for (let i = 0; i < count; i++) {
        const own = signal();
        const cancelled = new Promise<void>((resolve) => {
          own.addEventListener("abort", () => resolve(), { once: true });
        });
        all.push(body === "bare" ? cancelled : work(cancelled));
      }
    },
    async listenAndLeave(count) {
      const listener = () => {};
      const task = async (own: AbortSignal) => {
        own.addEventListener("abort", listener, { once: true });
        await Promise.resolve();
        own.removeEventListener("abort", listener);
        leave(own);
      };
      let left = 0;
      for (let i = 0; i < count; i++) {
        await task(signal());
        left++;
      }
      return left;
    },
    async cancelAll() {
      abort();
      await Promise.all(all);
      return body === "bare" ? all.length : ended;
    },
  };
}
