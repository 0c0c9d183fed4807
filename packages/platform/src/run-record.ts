import { constants } from "node:os";

/**
 * How a program ended, as far as anyone saw. `spawn-failed` means it never ran; `lost` means it is gone and whoever
 * was to write its exit record is gone too.
 */
export type ProcessExit =
  | { readonly kind: "exited"; readonly code: number }
  /** `signal` is a name such as `SIGTERM`, or `SIG42` where it has none here. */
  | { readonly kind: "signaled"; readonly signal: string }
  | { readonly kind: "spawn-failed"; readonly phase: string; readonly errno: number; readonly error: string }
  | { readonly kind: "lost" };

/** What the run directory says of one cookie. `starting` holds between the request and the pid. */
export interface RunRecord {
  readonly starting: boolean;
  readonly pid?: number;
  /** In ticks since boot: with it nobody who is given the pid later is taken for the program. */
  readonly startTime?: number;
  readonly exit?: ProcessExit;
}

/** Reads a pid record, `PID START` or `PID` alone; `undefined` for one that is not wholly written yet. */
export function parsePid(
  text: string,
): (Pick<RunRecord, "startTime"> & { readonly pid: number }) | undefined {
  const [, pid, startTime] = /^([1-9]\d*)(?: (\d+))?\n$/.exec(text) ?? [];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), ...(startTime !== undefined && { startTime: Number(startTime) }) };
}

/** Reads an exit record: `exit 3`, `signal 9`, `error exec 2`; `undefined` for one not wholly written yet. */
export function parseExit(text: string): ProcessExit | undefined {
  const match = /^(exit|signal|error [a-z]+) (\d+)\n$/.exec(text);
  const [what, phase] = match?.[1]?.split(" ") ?? [];
  const number = Number(match?.[2]);
  if (what === "exit") return { kind: "exited", code: number };
  if (what === "signal") return { kind: "signaled", signal: signalName(number) };
  if (what === "error" && phase)
    return { kind: "spawn-failed", phase, errno: number, error: errorName(number) };
  return undefined;
}

function signalName(number: number): string {
  return nameOf(constants.signals, number) ?? `SIG${number}`;
}

function errorName(errno: number): string {
  return nameOf(constants.errno, errno) ?? `E${errno}`;
}

function nameOf(table: object, number: number): string | undefined {
  // The first of several names is the usual one: SIGABRT before SIGIOT, EAGAIN before EWOULDBLOCK.
  return Object.entries(table).find(([, value]) => value === number)?.[0];
}
