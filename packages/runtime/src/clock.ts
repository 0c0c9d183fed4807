import type { Cancellation } from "./abort.ts";

/** A pending timer. `unref` lets the process end although it is pending, where the platform knows such a thing. */
export interface Timer {
  /** The process stays for it again; so does every timer from the start. */
  ref(): void;
  /** The process need not stay for it. */
  unref(): void;
}

/** How a sleep ended: its time passed, or its token was cancelled first. */
export type SleepEnd = "elapsed" | "cancelled";

/**
 * The only way time enters. All durations are milliseconds; any delay works, also above 2^31-1, and
 * `Infinity` never fires. `now` is the wall clock and may jump, `monotonic` never goes back.
 */
export interface Clock {
  /** Wall ms: since 1970-01-01 UTC. */
  now(): number;
  /** Ms since some moment: for durations and deadlines. */
  monotonic(): number;
  /** Calls `fn` once, `ms` from now; never in this turn. */
  setTimeout(fn: () => void, ms: number): Timer;
  /** After this it is not called. Does nothing for `undefined`, or a timer that has fired. */
  clearTimeout(timer: Timer | undefined): void;
  /** Never rejects: resolves `"elapsed"`, or `"cancelled"` as soon as the token is, leaving no timer behind. */
  sleep(ms: number, token?: Cancellation): Promise<SleepEnd>;
}

/** `Clock.sleep` for anyone who implements the rest of a clock. */
export function sleepOn(
  clock: Pick<Clock, "setTimeout" | "clearTimeout">,
  ms: number,
  token?: Cancellation,
): Promise<SleepEnd> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => {
      unsubscribe?.();
      resolve("elapsed");
    }, ms);
    const unsubscribe = token?.onCancel(() => {
      clock.clearTimeout(timer);
      resolve("cancelled");
    });
  });
}

// Timers of every platform wrap or clamp above this; a longer delay is walked in steps.
const longestStepMs = 2 ** 31 - 1;

class SystemTimer implements Timer {
  #handle: unknown;
  #unref = false;

  constructor(fn: () => void, ms: number) {
    this.#arm(fn, ms);
  }

  #arm(fn: () => void, ms: number): void {
    const restMs = ms - longestStepMs;
    this.#handle = restMs > 0 ? setTimeout(() => this.#arm(fn, restMs), longestStepMs) : setTimeout(fn, ms);
    if (this.#unref) this.unref();
  }

  ref(): void {
    this.#unref = false;
    (this.#handle as Partial<Timer>).ref?.();
  }

  unref(): void {
    this.#unref = true;
    (this.#handle as Partial<Timer>).unref?.();
  }

  clear(): void {
    clearTimeout(this.#handle as Parameters<typeof clearTimeout>[0]);
  }
}

/** The clock of the platform: `Date.now`, `performance.now`, `setTimeout`. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => new SystemTimer(fn, ms),
  clearTimeout: (timer) => {
    if (timer instanceof SystemTimer) timer.clear();
  },
  sleep: (ms, token) => sleepOn(systemClock, ms, token),
};

/** Resolves once every microtask that is queued now, and all they queue in turn, have run. For virtual clocks. */
export function microtasksDrained(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (fn: () => void) => unknown };
    if (setImmediate) setImmediate(resolve);
    else sendThroughChannel(resolve);
  });
}

const sent: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** The next task of a browser, whose `setTimeout` waits for 4 ms. One channel for all: making one takes longer. */
function sendThroughChannel(fn: () => void): void {
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => sent.shift()?.();
  }
  sent.push(fn);
  channel.port2.postMessage(null);
}
