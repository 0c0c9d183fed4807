import type { Clock } from "./clock.ts";
import type { ConnectionCheckOptions } from "./connection-check.ts";
import type { Gate, GateOwner } from "./gate.ts";
import type { LockMode, RwLock } from "./lock.ts";
import type { LoopOptions, PassReport, Step } from "./loop.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Random } from "./random.ts";
import type { ShutdownReason, ShutdownToken } from "./shutdown.ts";
import type { Supervisor } from "./supervisor.ts";
import type { SupervisorExit } from "./supervisor-events.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

/** A step of a daemon's pass. */
export interface SyncStep extends Omit<Step, "when"> {
  /** `connected`: skipped while there is no connection. */
  readonly when?: Step["when"] | "connected";
  /** Runs while it has the daemon's lock; fails with `LOCK_TIMEOUT` if it does not get it within `lockTimeoutMs`. */
  readonly lock?: LockMode;
}

/** A pass of the daemon's; each is a unit of its own, which no other can hold up but through the lock. */
export interface SyncPass extends Omit<LoopOptions, "clock" | "steps" | "onPass"> {
  readonly steps: readonly SyncStep[];
}

/** What the daemon gives to each stream and mailbox: spread it into their options. */
export interface SyncPart {
  readonly clock: Clock;
  readonly random: Random;
  /** Its own. When it closes, or opens while there is no connection, the connection is checked at once. */
  readonly gate: GateOwner;
  readonly manual: boolean;
  /** Tells the daemon of a look, for its own `onPass`. */
  onPass(report: PassReport): void;
}

/** The units of a daemon, each by its name. By default more than 10 restarts within a minute, over all, end it. */
export interface SyncDaemonOptions extends Pick<SupervisorOptions, "intensity" | "periodMs"> {
  /** Made eagerly at the start, and looked after from then on. */
  readonly connection: Pick<ConnectionCheckOptions, "check" | "everyMs" | "timeoutMs" | "onResult">;
  /** Gone through once, after the first connection attempt and before any pass; the pass `start-up`. */
  readonly startUp?: readonly SyncStep[];
  /** By name. */
  readonly passes?: Readonly<Record<string, SyncPass>>;
  // Each has its own type of events or messages, which nobody outside of it ever sees.
  readonly streams?: Readonly<Record<string, (token: ShutdownToken, part: SyncPart) => Promise<void>>>;
  readonly mailboxes?: Readonly<Record<string, (part: SyncPart) => Mailbox>>;
  /** Only the connection check runs by itself, so that a drop is noticed; all else waits for its trigger. */
  readonly manual?: boolean;
  /** Told about every pass, the start-up's and the mailboxes' too. */
  readonly onPass?: (name: string, report: PassReport) => void;
  /** For steps that name none. Default 60,000. */
  readonly stepTimeoutMs?: number;
  /** How long a step waits for the lock. Default 30,000. */
  readonly lockTimeoutMs?: number;
  /** Default 10,000. */
  readonly stopBudgetMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The handle of a daemon that is already starting. */
export interface SyncDaemon {
  /** Open while connected. The connection check alone writes it. */
  readonly connected: Gate;
  /** What the steps share, for whoever else works on the same things: request handlers. */
  readonly lock: RwLock;
  /** The tree below, for its events and its snapshot. */
  readonly supervisor: Supervisor;
  /**
   * Asks a pass, a mailbox, `start-up` or `connection` to run now, see `Loop.trigger`. Resolves with its report,
   * or `undefined` if the daemon ends before that. Throws `TypeError` for a name that is none.
   */
  trigger(name: string): Promise<PassReport | undefined>;
  /** Has a mailbox try once more what is in its quarantine, see `Mailbox.judgeAgain`. */
  judgeAgain(mailbox: string): Promise<PassReport | undefined>;
  /** Asks for the stop and returns at once. */
  stop(reason?: ShutdownReason): void;
  /** Asks for the stop and joins it: it ends within the stop budget. */
  stopWait(reason?: ShutdownReason): Promise<SupervisorExit>;
  /**
   * Stops, then runs `wipe` while nobody else has the lock. A second call joins the first. Rejects, wiping
   * nothing, with `NOT_DRAINED` if a unit did not stop, or with `LOCK_TIMEOUT`.
   */
  delete(wipe: () => unknown, reason?: ShutdownReason): Promise<void>;
}
