import type { Clock } from "./clock.ts";
import type { GateOwner } from "./gate.ts";
import { type Loop, loop } from "./loop.ts";
import type { ShutdownToken } from "./shutdown.ts";

/** What is checked, how often, and who is told. */
export interface ConnectionCheckOptions {
  /** The gate the check owns: what it answers is what the gate shows, and nobody else writes it. */
  readonly gate: GateOwner;
  readonly everyMs: number | (() => number);
  /** Whether there is a connection, made if need be. A rejection is a no. */
  check(token: ShutdownToken): Promise<boolean>;
  /** `always` also looks while connected, for programs in which nothing else would notice a drop. Default `while-closed`. */
  readonly when?: "while-closed" | "always";
  /** A check that takes longer is a no. Default 10,000. */
  readonly timeoutMs?: number;
  /** Looks at once instead of waiting first. Default false: whoever starts it has just tried. */
  readonly immediate?: boolean;
  /** Told of both outcomes. */
  readonly onResult?: (connected: boolean, error?: unknown) => void;
  readonly clock?: Clock;
}

/** A loop that looks after a connection. Triggered, it looks whether or not there is one. */
export function connectionCheck(options: ConnectionCheckOptions): Loop {
  const { gate, check, when = "while-closed", onResult, timeoutMs = 10_000 } = options;
  let asked = false;
  const made = loop({
    immediate: false,
    ...options,
    steps: [
      {
        name: "connection check",
        when: () => asked || when === "always" || !gate.gate.isOpen,
        timeoutMs,
        run: (token) => {
          asked = false;
          return check(token);
        },
      },
    ],
    onPass: ({ steps: [end] }) => {
      if (!end || end.kind === "skipped" || end.kind === "cancelled") return;
      const connected = end.kind === "completed" && end.value === true;
      gate.set(connected);
      onResult?.(connected, end.kind === "failed" ? end.error : undefined);
    },
  });
  return {
    run: made.run,
    trigger(token) {
      asked = true;
      return made.trigger(token);
    },
  };
}
