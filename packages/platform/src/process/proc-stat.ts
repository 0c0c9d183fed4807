import { readFileSync } from "node:fs";

/** The line of `/proc/PID/stat` that matters here. `startTime` is in clock ticks since boot. */
export interface ProcStat {
  readonly pid: number;
  /** One letter; `Z` and `X` are dead and only not reaped yet. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTime: number;
}

/** Reads `/proc/PID/stat`; `undefined` when there is no such process. */
export function readProcStat(pid: number | string): ProcStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  return parseProcStat(text);
}

/** Parses one line of `/proc/PID/stat`. A program's name may hold spaces and parentheses, so the last `)` counts. */
export function parseProcStat(text: string): ProcStat | undefined {
  const end = text.lastIndexOf(")");
  const pid = Number.parseInt(text, 10);
  const [state, parent, group, session, ...rest] = text.slice(end + 2).split(" ", 20);
  const startTime = Number(rest[15]);
  if (end < 0 || !state || !Number.isInteger(startTime)) return undefined;
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session), startTime };
}

/** True for a process that is dead and waits to be reaped. */
export function isDead(stat: ProcStat): boolean {
  return stat.state === "Z" || stat.state === "X" || stat.state === "x";
}
