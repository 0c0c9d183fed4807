import type { Clock, ShutdownToken } from "@holdfast/runtime";

export interface IdleWatch {
  readonly clock: Clock;
  readonly token: ShutdownToken;
  /** For how long nobody needs the daemon before it ends. */
  readonly idleMs: number;
  /** True while somebody is connected or an app is up. */
  readonly isNeeded: () => boolean;
}

/**
 * Resolves `idle` when nobody has needed the daemon for a while, `cancelled` when it ends anyway. For a daemon that an
 * `up` started for itself: whatever became of that `up`, nothing of it stays.
 */
export async function untilIdle({
  clock,
  token,
  idleMs,
  isNeeded,
}: IdleWatch): Promise<"idle" | "cancelled"> {
  let idleSince: number | undefined;
  for (;;) {
    if ((await clock.sleep(idleMs / 5, token)) === "cancelled") return "cancelled";
    if (isNeeded()) idleSince = undefined;
    else idleSince ??= clock.monotonic();
    if (idleSince !== undefined && clock.monotonic() - idleSince >= idleMs) return "idle";
  }
}
