import type { Child } from "./child.ts";
import { type SerializedError, serializeError } from "./errors.ts";
import type { ChildExit, Restart, Strategy } from "./policy.ts";

/** How a child last ended, as plain data. */
export interface ExitSnapshot {
  readonly kind: ChildExit["kind"];
  readonly error?: SerializedError;
}

/** A child as its supervisor sees it now, as plain data. */
export interface ChildSnapshot {
  readonly id: string;
  readonly state: Child["state"]["kind"];
  readonly restart: Restart;
  readonly significant: boolean;
  /** How often it was started. */
  readonly runs: number;
  /** How long this run has lasted; there while it runs. */
  readonly ageMs?: number;
  /** How long until it is started again; there while it waits for that. */
  readonly restartInMs?: number;
  readonly lastExit?: ExitSnapshot;
  /** The supervisor the child runs, if it showed one. */
  readonly tree?: TreeSnapshot;
}

/** A supervisor and all below it, as plain data. */
export interface TreeSnapshot {
  readonly strategy: Strategy;
  readonly state: "new" | "starting" | "running" | "stopping" | "stopped";
  readonly children: readonly ChildSnapshot[];
}

export function childSnapshot(child: Child, monotonic: number): ChildSnapshot {
  const { spec, state, runs, lastExit, run } = child;
  return {
    id: spec.id,
    state: state.kind,
    restart: spec.restart ?? "permanent",
    significant: spec.significant ?? false,
    runs,
    ...(run && { ageMs: monotonic - run.startedAt }),
    ...(state.kind === "restarting" && { restartInMs: Math.max(0, state.until - monotonic) }),
    ...(lastExit && { lastExit: exitSnapshot(lastExit) }),
    ...(run?.nested && { tree: run.nested.snapshot() }),
  };
}

function exitSnapshot(exit: ChildExit): ExitSnapshot {
  return { kind: exit.kind, ...(exit.kind === "failed" && { error: serializeError(exit.error) }) };
}
