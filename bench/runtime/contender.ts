/** How a waiting task waits: by the library's own cheapest means, or in an async function that the library calls. */
export type Body = "bare" | "async";

/** One owner and its tasks, most of which wait for their cancellation. */
export interface Crowd {
  /** Starts `count` more that wait; each is waiting once this is back. */
  spawn(count: number): Promise<void> | void;
  /**
   * Starts `count` others one after the other, beside those: each listens for its cancellation and ends without it.
   * Resolves with how many ended.
   */
  listenAndLeave(count: number): Promise<number>;
  /** Cancels all; resolves once every one has ended, with how many ended because they were cancelled. */
  cancelAll(): Promise<number>;
  /** All that live, as data. */
  snapshot?(): readonly unknown[];
}

/** A library with its best settings, doing what all others do too. */
export interface Contender {
  /**
   * Starts `count` functions one after the other, each awaited; resolves with the sum of what they returned: 0, 1, 2 …
   * `bare`: they return at once, as the library likes it best; `async`: they await once.
   */
  oneByOne?(count: number, body: Body): Promise<number>;
  crowd?(body: Body): Crowd;
  /** Starts a supervisor with `count` children and stops it, in order; resolves with how many ran and ended. */
  supervise?(count: number): Promise<number>;
  /** Its crowds take quadratic time: how many it is asked for at most. */
  readonly most?: number;
}

/** The names of the programs in `contenders`, in the order of the tables. */
export const contenders = [
  "holdfast",
  "raw-promise",
  "effect-scope",
  "effect-run-fork",
  "effection",
  "p-queue",
  "own-controllers",
  "shared-signal",
  "abort-signal-any",
] as const;

export type ContenderName = (typeof contenders)[number];
