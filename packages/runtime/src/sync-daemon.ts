import type { ChildSpec } from "./child-spec.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type ConnectionCheckOptions, connectionCheck } from "./connection-check.ts";
import { type Gate, GateOwner } from "./gate.ts";
import { type Loop, type LoopOptions, loop, type PassReport } from "./loop.ts";
import type { Random } from "./random.ts";
import type { ShutdownReason, ShutdownToken } from "./shutdown.ts";
import type { StreamOptions } from "./stream.ts";
import { Supervisor } from "./supervisor.ts";
import type { SupervisorExit } from "./supervisor-events.ts";

export interface SyncDaemonOptions {
  /** Made eagerly at the start, and looked after from then on. In manual mode a drop is noticed by it, too. */
  readonly connection: Pick<ConnectionCheckOptions, "check" | "everyMs" | "timeoutMs" | "onResult">;
  /** Once, after the first connection attempt and before any loop. Not in manual mode. */
  fullSync?(token: ShutdownToken): unknown;
  /** Told when the eager connect or the full sync failed; the loops start all the same. */
  readonly onStartUpError?: (error: unknown) => void;
  readonly passes: Readonly<Record<string, Omit<LoopOptions, "clock">>>;
  // Each stream has its own type of events, which nobody outside of it ever sees.
  readonly streams?: Readonly<Record<string, (token: ShutdownToken, part: StreamPart) => Promise<void>>>;
  /** Only the connection check runs by itself; passes wait for their trigger, streams stay closed. */
  readonly manual?: boolean;
  /** Default 10,000. */
  readonly stopBudgetMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What the daemon gives to each stream: spread it into the `StreamOptions`. */
export type StreamPart = Pick<StreamOptions<never, never>, "gate" | "clock"> & { readonly random?: Random };

export interface SyncDaemon {
  /** Open while connected. */
  readonly connected: Gate;
  /** The tree below, for its events and its snapshot. */
  readonly supervisor: Supervisor;
  /** Asks a pass to run now, see `Loop.trigger`. Throws `TypeError` for a name that is none. */
  trigger(pass: string): Promise<PassReport | undefined>;
  /** Asks for the stop and returns at once. */
  stop(reason?: ShutdownReason): void;
  /** Asks for the stop and joins it: it ends within the stop budget. */
  stopWait(reason?: ShutdownReason): Promise<SupervisorExit>;
}

/**
 * The structure of a program that keeps itself in step with a remote: start-up, connection check, event
 * streams and passes, each contained and restarted on its own. Returns at once, already starting.
 */
export function syncDaemon(options: SyncDaemonOptions): SyncDaemon {
  const { connection, passes, streams = {}, manual = false, clock = systemClock, random } = options;
  const gate = new GateOwner();
  const check = connectionCheck({ ...connection, gate, clock, when: manual ? "always" : "while-closed" });
  const loops = new Map<string, Loop>();
  for (const [name, { everyMs, ...rest }] of Object.entries(passes)) {
    loops.set(name, loop({ ...rest, ...(!manual && everyMs !== undefined && { everyMs }), clock }));
  }
  const again = { backoff: { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "equal" } } as const;
  const part: StreamPart = { gate, clock, ...(random && { random }) };
  const children: ChildSpec[] = [
    startUp(options, gate),
    { id: "connection", ...again, start: ({ token }) => check.run(token) },
    ...[...loops].map(([id, made]): ChildSpec => ({ id, ...again, start: ({ token }) => made.run(token) })),
    ...Object.entries(manual ? {} : streams).map(
      ([id, open]): ChildSpec => ({ id, ...again, start: ({ token }) => open(token, part) }),
    ),
  ];
  const supervisor = new Supervisor({
    children,
    clock,
    stopBudgetMs: options.stopBudgetMs ?? 10_000,
    ...(random && { random }),
  });
  // A failed start is told by `done` as well.
  supervisor.start().catch(() => {});
  return {
    connected: gate.gate,
    supervisor,
    trigger: (pass) => {
      const made = loops.get(pass);
      if (!made) throw new TypeError(`no pass is called ${pass}`);
      return made.trigger();
    },
    stop: (reason) => void supervisor.stop(reason),
    stopWait: (reason) => supervisor.stop(reason),
  };
}

/** Ready, so that the loops start, once it has done or failed what it is for. */
function startUp(options: SyncDaemonOptions, gate: GateOwner): ChildSpec {
  const { connection, manual = false } = options;
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      options.onStartUpError?.(error);
    }
  };
  return {
    id: "start-up",
    restart: "temporary",
    ready: "told",
    async start({ token }) {
      await attempt(async () => gate.set(await connection.check(token)));
      if (!manual && !token.isCancelled) await attempt(() => options.fullSync?.(token));
      return "do-not-restart";
    },
  };
}
