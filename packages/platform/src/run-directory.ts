import { existsSync, type FSWatcher, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock, Timer } from "@holdfast/runtime";
import { makeDirectories } from "./make-directories.ts";
import { type Notified, parseNotified } from "./notified.ts";
import { bootId } from "./process/identity.ts";
import { isDead, readProcStat } from "./process/proc-stat.ts";
import { type ProcessExit, parseExit, parsePid, type RunRecord } from "./run-record.ts";

export interface RunDirectoryOptions {
  readonly clock: Clock;
  /** How often the files are read although nothing woke us; 1000. */
  readonly pollMs?: number;
  /** `poll`: no inotify, the poll alone. */
  readonly wake?: "inotify" | "poll";
}

type Follower = (record: RunRecord) => void;
type Listener = (notified: Notified) => void;

interface Followed {
  readonly followers: Set<Follower>;
  pid: number | undefined;
  startTime: number | undefined;
  /** True when the last poll found a pid without a process: its record may be on its way. */
  gone: boolean;
}

/** How much sooner the poll comes where inotify is not to be had. */
const blindPollMs = 50;
const pollsPerLook = 5;
const pollsPerThoroughLook = 50;

/**
 * The files in which launchers write pids and exits, and what programs say of themselves: `COOKIE.pid`, `COOKIE.exit`,
 * `COOKIE.notify`.
 *
 * 1. The files are the truth; one `fs.watch` says "look now", and the poll behind it makes a lost wake cost time only.
 * 2. They lie below the id of the boot, so none from before a reboot is ever believed.
 * 3. A program that is gone without an exit record, at two polls in a row, is `lost`. Only when a
 *    keeper was killed can that be, so every fifth poll looks, and every fiftieth tells zombies, for which it must read
 *    `/proc`: that is most of what an idle daemon costs.
 * 4. It watches from the first `follow` until `close`, which is the owner's to call.
 */
export class RunDirectory {
  readonly path: string;
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #followed = new Map<string, Followed>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #watcher: FSWatcher | undefined;
  #poll: Timer | undefined;
  #polls = 0;
  #blind: boolean;
  #closed = false;

  /** Makes `base/BOOT-ID`, mode 0700, and removes what earlier boots left in `base`. */
  constructor(base: string, { clock, pollMs = 1_000, wake = "inotify" }: RunDirectoryOptions) {
    this.path = join(base, bootId());
    this.#clock = clock;
    this.#pollMs = pollMs;
    this.#blind = wake === "poll";
    makeDirectories(this.path, 0o700);
    for (const name of readdirSync(base)) {
      const ofOtherBoot = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name) && name !== bootId();
      if (ofOtherBoot) rmSync(join(base, name), { recursive: true, force: true });
    }
  }

  /** What the files say now. */
  read(cookie: string): RunRecord {
    const pidText = this.#readFile(`${cookie}.pid`);
    const exitText = this.#readFile(`${cookie}.exit`);
    const exit = exitText === undefined ? undefined : parseExit(exitText);
    let began = parsePid(pidText ?? "");
    // Both may have been written between the two looks: who ended had a pid before.
    if (began === undefined && exit !== undefined) began = parsePid(this.#readFile(`${cookie}.pid`) ?? "");
    const starting = pidText !== undefined && began === undefined && exit === undefined;
    return { starting, ...began, ...(exit !== undefined && { exit }) };
  }

  /** The cookies that have a file here. */
  list(): readonly string[] {
    const cookies = new Set<string>();
    for (const name of readdirSync(this.path)) {
      const cookie = /^(.+)\.(?:pid|exit)$/.exec(name)?.[1];
      if (cookie) cookies.add(cookie);
    }
    return [...cookies];
  }

  /** Removes the files of a run that ended and was written down elsewhere. */
  remove(cookie: string): void {
    rmSync(join(this.path, `${cookie}.notify`), { force: true });
    rmSync(join(this.path, `${cookie}.exit`), { force: true });
    rmSync(join(this.path, `${cookie}.pid`), { force: true });
  }

  /** Resolves with how the run ended, at once if it has. Never rejects; stays pending when closed before. */
  exited(cookie: string): Promise<ProcessExit> {
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    const leave = this.follow(cookie, ({ exit }) => {
      if (exit) resolve(exit);
    });
    return promise.finally(leave);
  }

  /** Calls `follower` with the record, now and at every change, while it holds a pid or an exit. Returns the way out. */
  follow(cookie: string, follower: Follower): () => void {
    const followed = this.#followed.get(cookie) ?? {
      followers: new Set(),
      pid: undefined,
      startTime: undefined,
      gone: false,
    };
    const own: Follower = (record) => follower(record);
    followed.followers.add(own);
    this.#followed.set(cookie, followed);
    // Watching before reading: what is written in between wakes us.
    this.#watch();
    const record = this.read(cookie);
    followed.pid = record.pid;
    followed.startTime = record.startTime;
    if (record.pid !== undefined || record.exit) own(record);
    return () => {
      followed.followers.delete(own);
      if (followed.followers.size === 0 && this.#followed.get(cookie) === followed) {
        this.#followed.delete(cookie);
      }
    };
  }

  /** Calls `listener` with what the program said of itself, now and at every change. Returns the way out. */
  onNotified(cookie: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(cookie) ?? new Set();
    const own: Listener = (notified) => listener(notified);
    listeners.add(own);
    this.#listeners.set(cookie, listeners);
    // Watching before reading: what is written in between wakes us.
    this.#watch();
    this.#hear(cookie, [own]);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(cookie) === listeners) this.#listeners.delete(cookie);
    };
  }

  /**
   * Resolves once every launch an earlier daemon asked for is carried out or never will be, so that no program can
   * appear later. Gives up after a second; returns the cookies nobody can tell of then.
   */
  async settled(): Promise<readonly string[]> {
    const giveUpAt = this.#clock.monotonic() + 1_000;
    for (;;) {
      const names = readdirSync(this.path);
      const open = names.filter((name) => name.startsWith(".keeper-") && this.#mayStillLaunch(name));
      const starting = this.list().filter((cookie) => this.read(cookie).starting);
      if ((open.length === 0 && starting.length === 0) || this.#clock.monotonic() > giveUpAt) return starting;
      await this.#clock.sleep(2);
    }
  }

  /** Stops watching. Nobody is called any more. */
  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#clock.clearTimeout(this.#poll);
    this.#followed.clear();
    this.#listeners.clear();
  }

  #watch(): void {
    if (this.#closed) throw new TypeError("the run directory is closed");
    if (!this.#watcher && !this.#blind) {
      try {
        this.#watcher = watch(this.path, (what, name) => {
          // A file that comes or goes says nothing: what is written into it does, and wakes us again.
          if (what !== "change" || name === null) return;
          if (name.endsWith(".notify")) this.#hear(name.slice(0, -".notify".length));
          else this.#look(name.replace(/\.(pid|exit)$/, ""));
        });
        this.#watcher.on("error", () => {
          this.#blind = true;
        });
      } catch {
        // inotify has limits of its own; the poll is enough to be right.
        this.#blind = true;
      }
    }
    this.#poll ??= this.#armPoll();
  }

  /** Returns whether its exit is known. */
  #look(cookie: string): boolean {
    const followed = this.#followed.get(cookie);
    if (!followed) return false;
    const record = this.read(cookie);
    followed.pid = record.pid;
    followed.startTime = record.startTime;
    if (record.pid !== undefined || record.exit) tell(followed, record);
    return record.exit !== undefined;
  }

  #hear(cookie: string, listeners: Iterable<Listener> = this.#listeners.get(cookie) ?? []): void {
    const text = this.#readFile(`${cookie}.notify`, "latin1");
    const notified = text === undefined ? undefined : parseNotified(text);
    if (notified !== undefined) for (const listener of [...listeners]) listener(notified);
  }

  #armPoll(): Timer {
    const timer = this.#clock.setTimeout(
      () => {
        this.#pollOnce();
        const isIdle = this.#followed.size === 0 && this.#listeners.size === 0;
        this.#poll = this.#closed || isIdle ? undefined : this.#armPoll();
      },
      this.#blind ? Math.min(blindPollMs, this.#pollMs) : this.#pollMs,
    );
    return timer;
  }

  #pollOnce(): void {
    const lookForGone = this.#polls % pollsPerLook === 0;
    const tellZombies = this.#polls % pollsPerThoroughLook === 0;
    this.#polls++;
    const names = this.#names();
    for (const cookie of [...this.#listeners.keys()]) this.#hear(cookie);
    for (const [cookie, followed] of [...this.#followed]) {
      const hasFile =
        names.has(`${cookie}.exit`) || (followed.pid === undefined && names.has(`${cookie}.pid`));
      // A torn exit record is none: who was to write it may be gone too.
      if (hasFile && this.#look(cookie)) continue;
      if (followed.pid !== undefined && (lookForGone || followed.gone)) {
        const gone = !isThere(followed.pid, followed.startTime, tellZombies || followed.gone);
        const lost = gone && followed.gone;
        followed.gone = gone;
        if (lost) tell(followed, { starting: false, pid: followed.pid, exit: { kind: "lost" } });
      }
    }
  }

  #names(): ReadonlySet<string> {
    try {
      return new Set(readdirSync(this.path));
    } catch {
      // Someone removed the directory: nothing is known but what the processes show.
      return new Set();
    }
  }

  #mayStillLaunch(name: string): boolean {
    const startTime = Number(this.#readFile(name));
    const stat = readProcStat(name.slice(".keeper-".length));
    return stat !== undefined && !isDead(stat) && stat.startTime === startTime;
  }

  #readFile(name: string, encoding: "utf8" | "latin1" = "utf8"): string | undefined {
    const path = join(this.path, name);
    // Asking is much cheaper than failing, and most records are looked for before they are there.
    if (!existsSync(path)) return undefined;
    try {
      // Node reads UTF-8 in one call.
      return readFileSync(path, encoding);
    } catch {
      return undefined;
    }
  }
}

function tell(followed: Followed, record: RunRecord): void {
  for (const follower of [...followed.followers]) follower(record);
}

function isThere(pid: number, startTime: number | undefined, isThorough: boolean): boolean {
  if (isThorough) {
    const stat = readProcStat(pid);
    return stat !== undefined && !isDead(stat) && (startTime ?? stat.startTime) === stat.startTime;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ESRCH";
  }
}
