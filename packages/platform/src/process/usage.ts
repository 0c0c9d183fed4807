/** What the processes of runs use: processors, memory, and how many there are. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the tree of a run uses now; null where it cannot be known. */
export interface TreeUsage {
  /** Processor time since it began, also of its processes that have ended. */
  readonly cpuMs: number | null;
  /** What it cannot give back: without the files that are cached for it. */
  readonly memoryBytes: number | null;
  readonly processes: number | null;
}

/** Where a run is looked for. */
export interface UsagePlace {
  readonly leader: number;
  /** The cgroups it is in, of v2 or of hierarchies of v1. None: its session is looked for in `/proc`. */
  readonly cgroups: readonly string[];
}

interface ProcessFigures {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** The kernel tells times in 1/100 s, whatever it counts in itself (`USER_HZ`). */
const tickMs = 10;

/** In the order of `places`. `/proc` is read once for all that have no cgroup, about 15 µs a process. */
export function readUsages(places: readonly UsagePlace[]): readonly TreeUsage[] {
  let found: ReadonlyMap<number, readonly ProcessFigures[]> | undefined;
  const membersOf = (leader: number): readonly ProcessFigures[] => {
    found ??= byLeader(new Set(places.map((place) => place.leader)), allProcesses());
    return found.get(leader) ?? [];
  };
  return places.map(({ leader, cgroups }) => {
    const pids = cgroups
      .map((path) => readOrNothing(join(path, "cgroup.procs")))
      .find((text) => text !== undefined);
    const members =
      pids === undefined
        ? membersOf(leader)
        : pids.split("\n").flatMap((pid) => (pid === "" ? [] : (figuresOf(pid) ?? [])));
    if (members.length === 0) return { cpuMs: null, memoryBytes: null, processes: null };
    return {
      cpuMs: groupCpuMs(cgroups) ?? sum(members, ({ cpuMs }) => cpuMs),
      memoryBytes: groupMemory(cgroups) ?? sum(members, ({ memoryBytes }) => memoryBytes),
      processes: members.length,
    };
  });
}

function groupCpuMs(cgroups: readonly string[]): number | undefined {
  for (const path of cgroups) {
    const usec = /^usage_usec (\d+)$/m.exec(readOrNothing(join(path, "cpu.stat")) ?? "")?.[1];
    if (usec !== undefined) return Number(usec) / 1_000;
    const nsec = readOrNothing(join(path, "cpuacct.usage"));
    if (nsec !== undefined) return Number(nsec) / 1_000_000;
  }
  return undefined;
}

function groupMemory(cgroups: readonly string[]): number | undefined {
  for (const path of cgroups) {
    const text =
      readOrNothing(join(path, "memory.current")) ?? readOrNothing(join(path, "memory.usage_in_bytes"));
    if (text === undefined) continue;
    const stat = readOrNothing(join(path, "memory.stat")) ?? "";
    const cached = /^total_inactive_file (\d+)$/m.exec(stat) ?? /^inactive_file (\d+)$/m.exec(stat);
    return Math.max(0, Number(text) - Number(cached?.[1] ?? 0));
  }
  return undefined;
}

/** Whose each process is: that of the leader whose group or session it is in, else its parent's. */
function byLeader(
  leaders: ReadonlySet<number>,
  table: readonly ProcessFigures[],
): ReadonlyMap<number, readonly ProcessFigures[]> {
  const all = new Map(table.map((each) => [each.pid, each]));
  const owners = new Map<number, number | undefined>();
  const ownerOf = (each: ProcessFigures): number | undefined => {
    if (owners.has(each.pid)) return owners.get(each.pid);
    // Set before looking at the parent: a table read while pids are reused may hold a cycle.
    owners.set(each.pid, undefined);
    const parent = all.get(each.parent);
    const owner =
      [each.pid, each.group, each.session].find((id) => leaders.has(id)) ?? (parent && ownerOf(parent));
    owners.set(each.pid, owner);
    return owner;
  };
  const members = new Map<number, ProcessFigures[]>();
  for (const each of table) {
    const owner = ownerOf(each);
    if (owner === undefined) continue;
    const own = members.get(owner) ?? [];
    own.push(each);
    members.set(owner, own);
  }
  return members;
}

function allProcesses(): readonly ProcessFigures[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (figuresOf(name) ?? []) : []));
}

/** Undefined for a process that is gone. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function figuresOf(pid: string): ProcessFigures | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return {
    pid: Number(pid),
    parent: field(4),
    group: field(5),
    session: field(6),
    cpuMs: (field(14) + field(15) + field(16) + field(17)) * tickMs,
    memoryBytes: field(24) * pageBytes(),
  };
}

let knownPageBytes: number | undefined;

/** Nothing that Node has tells it: what this process takes, in bytes and in pages, does. */
function pageBytes(): number {
  if (knownPageBytes !== undefined) return knownPageBytes;
  const pages = Number(readOrNothing("/proc/self/statm")?.split(" ")[1] ?? 0);
  const exact = pages > 0 ? process.memoryUsage.rss() / pages : 4_096;
  knownPageBytes = 2 ** Math.round(Math.log2(exact));
  return knownPageBytes;
}

function sum(members: readonly ProcessFigures[], of: (figures: ProcessFigures) => number): number {
  return members.reduce((total, member) => total + of(member), 0);
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
