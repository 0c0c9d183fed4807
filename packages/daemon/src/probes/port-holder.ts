/**
 * Who listens on a port of this machine. A check of a port that an app says it uses is no check of the app while somebody
 * else holds it. Where it cannot be told (another user's process, another network), nothing is said.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** How a run's processes are known: they descend from its leader, or carry its cookie. */
export interface OwnProcesses {
  readonly leader: number;
  readonly cookie: string;
}

/** Undefined when one of its own processes may hold the port, or nobody knows; else who does: `nginx (pid 12)`. */
export function strangerOn(
  port: number,
  own: OwnProcesses,
  known: Map<string, string | undefined>,
): string | undefined {
  const sockets = listeningOn(port);
  if (sockets.length === 0) return undefined;
  const id = sockets.join();
  if (known.has(id)) return known.get(id);
  const holder = holderOf(new Set(sockets.map((inode) => `socket:[${inode}]`)), own);
  if (known.size > 100) known.clear();
  known.set(id, holder);
  return holder;
}

/** The sockets that listen on it, by their numbers. */
function listeningOn(port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["tcp", "tcp6"].flatMap((table) =>
    readOr(`/proc/self/net/${table}`)
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/ +/);
        const [, local = "", , state] = fields;
        return state === "0A" && local.endsWith(wanted) ? (fields[9] ?? []) : [];
      }),
  );
}

function holderOf(links: ReadonlySet<string>, own: OwnProcesses): string | undefined {
  const parents = new Map<number, number>();
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  for (const pid of pids) parents.set(pid, parentOf(pid));
  const isOwn = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (at === own.leader) return true;
    return `\0${readOr(`/proc/${pid}/environ`)}`.includes(`\0HOLDFAST_COOKIE=${own.cookie}\0`);
  };
  const holders = pids.filter((pid) => holds(pid, links));
  const [first] = holders;
  if (first === undefined || holders.some(isOwn)) return undefined;
  return `${readOr(`/proc/${first}/comm`).trim() || "a program"} (pid ${first})`;
}

function holds(pid: number, links: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.has(linkOr(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // Another user's, or it has ended.
    return false;
  }
}

function parentOf(pid: number): number {
  const stat = readOr(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
