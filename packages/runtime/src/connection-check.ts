import type { Clock } from "./clock.ts";
import type { GateOwner } from "./gate.ts";
import { type Loop, loop } from "./loop.ts";
import type { ShutdownToken } from "./shutdown.ts";

export interface ConnectionCheckOptions {
  /** The gate the check owns: what it answers is what the gate shows. */
  readonly gate: GateOwner;
  readonly everyMs: number | (() => number);
  /** Whether there is a connection, made if need be. A rejection is a no. */
  check(token: ShutdownToken): Promise<boolean>;
  /** `always` also looks while connected, for programs in which nothing else would notice a drop. Default `while-closed`. */
  readonly when?: "while-closed" | "always";
  readonly timeoutMs?: number;
  /** Told of both outcomes. */
  readonly onResult?: (connected: boolean, error?: unknown) => void;
  readonly clock?: Clock;
}

/** A loop that looks after a connection. It waits first: whoever starts it has just tried. */
export function connectionCheck(options: ConnectionCheckOptions): Loop {
  const { gate, everyMs, check, when = "while-closed", timeoutMs, onResult, clock } = options;
  const settle = (connected: boolean, error?: unknown) => {
    gate.set(connected);
    onResult?.(connected, error);
  };
  return loop({
    everyMs,
    immediate: false,
    steps: [
      {
        name: "connection check",
        when: () => when === "always" || !gate.gate.isOpen,
        ...(timeoutMs !== undefined && { timeoutMs }),
        run: (token) => check(token),
      },
    ],
    onPass: ({ steps: [end] }) => {
      if (end?.kind === "completed") settle(end.value === true);
      else if (end?.kind === "failed") settle(false, end.error);
      else if (end?.kind === "timed-out") settle(false);
    },
    ...(clock && { clock }),
  });
}
