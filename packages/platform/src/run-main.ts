import { writeSync } from "node:fs";
import { constants } from "node:os";
import { type Clock, describeError, HoldfastError, ShutdownToken, systemClock } from "@holdfast/runtime";

export interface RunMainOptions {
  /** Names what is still running, one line each with phase, task and age; asked when a second signal comes. */
  readonly hung?: () => readonly string[];
  /** What SIGHUP does, each time, instead of asking for the end. */
  readonly onHangup?: () => void;
  readonly clock?: Clock;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The same signal again within this time is an echo and counts once: Ctrl-C under `npm start` comes from the terminal
 * and, a moment later, from npm, and nobody presses a key twice that fast.
 */
const echoMs = 50;

/**
 * Runs a program from start to exit. The first SIGINT, SIGTERM or SIGHUP cancels the token, with the signal in its
 * reason; a second one ends the process at once, with 128 + its number, after saying on stderr what hung. The process
 * exits with the code `main` resolves to; with 1 when it rejects; with 128 + the number of the signal when all it
 * rejects with is that signal's cancellation. What is still open does not keep it; that nothing
 * is open does not end it before `main` does.
 */
export async function runMain(
  main: (token: ShutdownToken) => Promise<number>,
  { hung = () => [], onHangup, clock = systemClock }: RunMainOptions = {},
): Promise<never> {
  const token = new ShutdownToken();
  let first: { readonly signal: string; readonly at: number } | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === "SIGHUP" && onHangup) {
      onHangup();
      return;
    }
    const at = clock.monotonic();
    if (!first) {
      first = { signal, at };
      token.cancel({ kind: "user-requested", signal });
    } else if (signal !== first.signal || at - first.at >= echoMs) {
      say(`${signal} again: ending now${list(hung)}`);
      process.exit(exitCodeOf(signal));
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  // Node ends a process in which only promises wait.
  clock.setTimeout(() => {}, Number.POSITIVE_INFINITY);
  try {
    return process.exit(await main(token));
  } catch (error) {
    if (first && error instanceof HoldfastError && error.code === "CANCELLED") {
      return process.exit(exitCodeOf(first.signal));
    }
    say(describeError(error));
    return process.exit(1);
  }
}

function exitCodeOf(signal: string): number {
  const number: unknown = Reflect.get(constants.signals, signal);
  return 128 + (typeof number === "number" ? number : 0);
}

function list(hung: () => readonly string[]): string {
  try {
    const lines = hung();
    return lines.length === 0 ? "" : `; still running:${lines.map((line) => `\n  ${line}`).join("")}`;
  } catch (error) {
    return `; what hung could not be told: ${describeError(error)}`;
  }
}

/** Straight to the file: the stream may be what hangs. */
export function say(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody can be told: stderr is closed or full.
  }
}
