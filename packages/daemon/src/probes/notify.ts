/** What an app says of itself by `sd_notify(3)`, as readiness and liveness. */
import type { Notified } from "@holdfast/platform";
import type { Clock, ShutdownToken, Timer } from "@holdfast/runtime";
import type { OnNotified } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";

type NotifySpec = Pick<AppSpec, "readyNotify" | "watchdogMs">;

/** True when the app is to be given a `NOTIFY_SOCKET`. */
export function hearsNotify({ readyNotify, watchdogMs }: NotifySpec): boolean {
  return readyNotify !== undefined || watchdogMs !== undefined;
}

/** What tells the app how often to say that it is alive. */
export function watchdogVariable({ watchdogMs }: NotifySpec): Readonly<Record<string, string>> {
  return watchdogMs === undefined ? {} : { WATCHDOG_USEC: String(Math.round(watchdogMs * 1_000)) };
}

export interface NotifySeams {
  readonly clock: Clock;
  readonly onNotified: OnNotified;
  /** Cancelled when the run ends. */
  readonly token: ShutdownToken;
}

interface Told {
  readonly onReady: (ready: boolean) => void;
  /** The app has to be ended, and why: `it did not say that it is ready within 5 s`. */
  readonly onDead: (why: string, timer?: "start-timeout" | "watchdog") => void;
}

/**
 * Listens until the token is cancelled. The watchdog counts from the first `READY=1` where the app is to say that,
 * else from now; after a daemon that died it counts anew.
 */
export async function notifyLoop(spec: NotifySpec, seams: NotifySeams, told: Told): Promise<void> {
  const { clock, onNotified, token } = seams;
  const startMs = spec.readyNotify?.timeoutMs;
  let last: Notified | undefined;
  let isDead = false;
  let startTimer: Timer | undefined;
  let watchdogTimer: Timer | undefined;
  let watchdogMs = spec.watchdogMs;
  const die = (why: string, timer?: "start-timeout" | "watchdog"): void => {
    if (isDead || token.isCancelled) return;
    isDead = true;
    told.onDead(why, timer);
  };
  let startEndsAt = clock.monotonic() + (startMs ?? 0);
  const awaitReady = (extension: string): void => {
    clock.clearTimeout(startTimer);
    const why = `it did not say that it is ready within ${seconds(startMs ?? 0)}${extension}`;
    startTimer = clock.setTimeout(() => die(why, "start-timeout"), startEndsAt - clock.monotonic());
  };
  const awaitWatchdog = (): void => {
    clock.clearTimeout(watchdogTimer);
    const ms = watchdogMs;
    if (ms === undefined || ms <= 0) return;
    watchdogTimer = clock.setTimeout(
      () => die(`its watchdog was not heard for ${seconds(ms)}`, "watchdog"),
      ms,
    );
  };
  if (startMs !== undefined) awaitReady("");
  if (spec.readyNotify === undefined) awaitWatchdog();
  const leave = onNotified((now) => {
    const before = last;
    last = now;
    if (spec.watchdogMs !== undefined && now.watchdogMs !== undefined) watchdogMs = now.watchdogMs;
    if (now.ready) clock.clearTimeout(startTimer);
    else if (startMs !== undefined && now.extensions > (before?.extensions ?? 0)) {
      startEndsAt = Math.max(startEndsAt, clock.monotonic() + now.extensionMs);
      awaitReady(" and the time it asked for");
    }
    const counts = now.ready || spec.readyNotify === undefined;
    const isAlive = now.watchdogs > (before?.watchdogs ?? 0) || now.watchdogMs !== before?.watchdogMs;
    if (counts && (isAlive || (before?.ready ?? false) !== now.ready)) awaitWatchdog();
    told.onReady(now.ready && !now.reloading && !now.stopping);
    if (now.watchdogTriggered && spec.watchdogMs !== undefined) die("it said that its watchdog failed");
  });
  await token.cancelled;
  leave();
  clock.clearTimeout(startTimer);
  clock.clearTimeout(watchdogTimer);
}

function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(3))} s`;
}
