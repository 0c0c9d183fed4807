import { type Cancellation, type Clock, ShutdownToken } from "@holdfast/runtime";
import type { ProcessTree } from "./process-tree.ts";

/** What a stop needs of a tree. */
export type StoppableTree = Pick<ProcessTree, "isContained" | "leaderRuns" | "signal" | "isEmpty" | "kill">;

export interface StopOptions {
  /** How it is asked: a name such as `SIGTERM`, or a number. */
  readonly signal: string | number;
  /** How long the whole tree has before it is killed. */
  readonly graceMs: number;
  /** True: the signal goes to the leader and not to its process group. */
  readonly leaderOnly?: boolean;
  readonly clock: Clock;
  /** Resolves when the leader has ended, and only makes the stop quicker: the tree is looked at anyway. */
  readonly exited?: Promise<unknown>;
  /** Until when the grace goes on, if that is later than it would end: monotonic milliseconds, asked at each look. */
  readonly extendedTo?: () => number;
  /** When cancelled, the grace is over. */
  readonly hurry?: Cancellation;
  /** Run instead of the signal. What it does, or that it fails, does not change what follows. */
  readonly ask?: () => Promise<unknown>;
}

export interface StopOutcome {
  /** True when the grace was over and something had to be killed. */
  readonly killed: boolean;
  /** The pids that live in spite of SIGKILL: stuck in the kernel, or another user's. */
  readonly survivors: readonly number[];
}

/** How often the leader is looked at while it runs, in case nobody says that it ended. */
const leaderLookMs = 50;

/**
 * Stops a whole tree: asks (and wakes what was suspended), waits until the leader *and* everything it left behind are
 * gone, kills what remains when the grace is over, and looks again. Takes the grace and at most 250 ms. Rejects only with
 * the `TypeError` of a signal that does not exist, having done nothing.
 */
export async function stopTree(tree: StoppableTree, options: StopOptions): Promise<StopOutcome> {
  const { signal, graceMs, leaderOnly = false, clock, hurry, ask } = options;
  const graceEndsAt = clock.monotonic() + graceMs;
  let exited = false;
  const leaderEnded = options.exited?.then(() => {
    exited = true;
  });
  if (ask) Promise.try(ask).catch(() => {});
  else {
    await tree.signal(signal, { leaderOnly });
    // A suspended process gets its signal only when it goes on.
    await tree.signal("SIGCONT", { leaderOnly });
  }
  let lookAgainMs = tree.isContained ? 1 : 5;
  for (;;) {
    const leaderRuns = !exited && tree.leaderRuns;
    if (!leaderRuns && (await tree.isEmpty())) return { killed: false, survivors: [] };
    const leftMs = Math.max(graceEndsAt, options.extendedTo?.() ?? 0) - clock.monotonic();
    if (leftMs <= 0 || hurry?.isCancelled) return { killed: true, survivors: await tree.kill() };
    await pause(
      clock,
      Math.min(leftMs, leaderRuns ? leaderLookMs : lookAgainMs),
      hurry,
      leaderRuns ? leaderEnded : undefined,
    );
    if (!leaderRuns) lookAgainMs = Math.min(2 * lookAgainMs, tree.isContained ? 25 : 200);
  }
}

async function pause(
  clock: Clock,
  ms: number,
  hurry: Cancellation | undefined,
  event: Promise<unknown> | undefined,
): Promise<void> {
  const over = new ShutdownToken();
  const end = () => over.cancel({ kind: "requested-by-run" });
  const leave = hurry?.onCancel(end);
  event?.then(end, end);
  await clock.sleep(ms, over);
  leave?.();
}
