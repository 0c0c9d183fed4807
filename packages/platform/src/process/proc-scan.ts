import { readdirSync } from "node:fs";
import { COOKIE_VARIABLE, type ProcessIdentity, readEnvironment, variableIn } from "./identity.ts";
import { isDead, type ProcStat, readProcStat } from "./proc-stat.ts";

/** A process as one scan saw it. */
export interface ScannedProcess extends ProcStat {
  readonly cookie?: string;
  /** It lives, and its environment could not be told: it wrote over it, or is in the middle of an exec. */
  readonly isBare?: true;
}

/** All processes, by pid, as one scan saw them. */
export type ProcessTable = ReadonlyMap<number, ScannedProcess>;

/** Reads `/proc` once. About 50 µs a process. */
export function scanProcesses(): ProcessTable {
  const table = new Map<number, ScannedProcess>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readProcStat(name) : undefined;
    if (!stat) continue;
    // 2 is the parent of the kernel's own threads, which have no environment.
    if (isDead(stat) || stat.parent === 2) {
      table.set(stat.pid, stat);
      continue;
    }
    const environment = readEnvironment(name);
    const cookie = variableIn(environment, COOKIE_VARIABLE);
    table.set(stat.pid, {
      ...stat,
      ...(cookie !== undefined && { cookie }),
      ...(environment === "" && { isBare: true as const }),
    });
  }
  return table;
}

/**
 * The living processes of a run: those that carry its cookie, those in a group or session that the leader or one of
 * the former leads, and the descendants of all of them. So a process escapes only if it writes over its environment,
 * makes a session of its own *and* loses its parent.
 *
 * A group is never trusted by its number alone: it counts while the leader itself is there, dead or alive, or while a
 * process with the cookie is in it, and for so long the number cannot have been given to anyone else.
 *
 * A process in the middle of an exec carries nothing for a moment: it belongs if it, or its session, is among those of
 * `before`, the last look, and nobody else leads that session now.
 */
export function membersOf(
  table: ProcessTable,
  cookie: string,
  leader: ProcessIdentity,
  before: readonly ScannedProcess[] = [],
): readonly ScannedProcess[] {
  const marked = [...table.values()].filter((process) => process.cookie === cookie);
  const led = new Set(marked.map(({ pid }) => pid));
  const leaderIsThere = table.get(leader.pid)?.startTime === leader.startTime;
  const leaderLed = ({ group, session }: ProcStat) => group === leader.pid || session === leader.pid;
  if (leaderIsThere || marked.some(leaderLed)) led.add(leader.pid);

  const known = new Map<number, boolean>([[process.pid, false]]);
  const belongs = (found: ScannedProcess): boolean => {
    const verdict = known.get(found.pid);
    if (verdict !== undefined) return verdict;
    // Set before looking at the parent: a table read while pids are reused may hold a cycle.
    known.set(found.pid, false);
    const parent = table.get(found.parent);
    const own =
      found.cookie === cookie ||
      led.has(found.group) ||
      led.has(found.session) ||
      (found.isBare === true && wasOurs(found)) ||
      (parent !== undefined && belongs(parent));
    known.set(found.pid, own);
    return own;
  };
  const wasOurs = (bare: ScannedProcess): boolean => {
    if (before.some(({ pid, startTime }) => pid === bare.pid && startTime === bare.startTime)) return true;
    const head = table.get(bare.session);
    const isFree = head === undefined || (head !== bare && belongs(head));
    return isFree && before.some(({ session }) => session === bare.session);
  };
  return [...table.values()].filter((found) => belongs(found) && !isDead(found));
}

/** Shares a scan among all who ask for one in the same moment: a hundred stops cost one reading of `/proc`. */
export class ProcessScanner {
  readonly #read: () => ProcessTable;
  #next: Promise<ProcessTable> | undefined;

  constructor(read: () => ProcessTable = scanProcesses) {
    this.#read = read;
  }

  /** What a scan begun after this call sees. */
  scan(): Promise<ProcessTable> {
    this.#next ??= Promise.resolve().then(() => {
      this.#next = undefined;
      return this.#read();
    });
    return this.#next;
  }
}
