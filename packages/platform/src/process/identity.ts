import { readFileSync } from "node:fs";
import { isDead, readProcStat } from "./proc-stat.ts";

/** A process for ever: a pid alone is given to a stranger sooner or later. `startTime` is in ticks since boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: number;
  readonly bootId: string;
}

/** The variable that marks every process of an app; its value is the cookie of the run. */
export const COOKIE_VARIABLE = "HOLDFAST_COOKIE";

let thisBoot: string | undefined;

/** Names the running boot of the machine; read once. */
export function bootId(): string {
  thisBoot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return thisBoot;
}

/** Who has this pid now, dead but not reaped ones included; `undefined` when nobody has. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readProcStat(pid);
  return stat && { pid, startTime: stat.startTime, bootId: bootId() };
}

/**
 * True while exactly this process runs: same boot, same start, not a zombie. With a cookie it must also carry it, as
 * far as its environment can be read: a program that changed user or wrote over its environment is believed, unless
 * the start time is not one that was written down (`isKnown` is false): then it may be anybody's.
 */
export function isAlive(identity: ProcessIdentity, cookie?: string, isKnown = true): boolean {
  if (identity.bootId !== bootId()) return false;
  const stat = readProcStat(identity.pid);
  if (!stat || isDead(stat) || stat.startTime !== identity.startTime) return false;
  if (cookie === undefined) return true;
  const found = processCookie(identity.pid);
  return found === undefined ? isKnown : found === cookie;
}

/** The cookie in the environment a process was started with; `undefined` if it has none or it cannot be read. */
export function processCookie(pid: number | string): string | undefined {
  return processVariable(pid, COOKIE_VARIABLE);
}

/** A variable of the environment a process was started with; `undefined` if it has none or it cannot be read. */
export function processVariable(pid: number | string, name: string): string | undefined {
  return variableIn(readEnvironment(pid), name);
}

/**
 * The environment a process was started with, as NUL-terminated variables; empty where it cannot be read, and for a
 * process in the middle of an exec.
 */
export function readEnvironment(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}

/** A variable in what `readEnvironment` gave. */
export function variableIn(environment: string, name: string): string | undefined {
  const start = `\0${environment}`.indexOf(`\0${name}=`);
  if (start < 0) return undefined;
  const from = start + name.length + 1;
  const end = environment.indexOf("\0", from);
  return environment.slice(from, end < 0 ? undefined : end);
}
