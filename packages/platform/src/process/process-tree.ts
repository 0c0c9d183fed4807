import type { Cancellation, Clock } from "@holdfast/runtime";
import type { Cgroup } from "./cgroup.ts";
import type { ProcessIdentity } from "./identity.ts";
import { membersOf, type ProcessScanner, type ScannedProcess } from "./proc-scan.ts";
import { isDead, readProcStat } from "./proc-stat.ts";

export interface ProcessTreeOptions {
  readonly cookie: string;
  readonly leader: ProcessIdentity;
  /** The cgroup the leader was launched in. Without one, `/proc` is searched. */
  readonly cgroup?: Cgroup;
  readonly scanner: ProcessScanner;
  readonly clock: Clock;
}

export interface SignalOptions {
  /** True: the leader alone, and not its process group. */
  readonly leaderOnly?: boolean;
}

/** How long a killed tree may be without getting smaller; only what is stuck in the kernel needs longer. */
const killLimitMs = 200;

/** All processes of one run, whatever sessions and groups they made for themselves. */
export class ProcessTree {
  readonly #options: ProcessTreeOptions;
  /** Those of the last look that found any. */
  #last: readonly ScannedProcess[] = [];

  constructor(options: ProcessTreeOptions) {
    this.#options = options;
  }

  get leader(): ProcessIdentity {
    return this.#options.leader;
  }

  /** True where it is cheap to ask whether the tree is empty. */
  get isContained(): boolean {
    return this.#options.cgroup !== undefined;
  }

  /** True while the leader runs. A zombie does not. */
  get leaderRuns(): boolean {
    const stat = this.#leaderStat();
    return stat !== undefined && !isDead(stat);
  }

  /**
   * Signals the leader's process group; where the leader is gone, whatever is left of the tree. Nobody else is ever
   * signalled, and a process that is not there is no error.
   */
  async signal(signal: string | number, { leaderOnly = false }: SignalOptions = {}): Promise<void> {
    const { pid } = this.#options.leader;
    if (this.#leaderStat()) send(leaderOnly ? pid : -pid, signal);
    else if (!leaderOnly) for (const left of await this.processes()) send(left, signal);
  }

  /** The pids of all that live. */
  async processes(): Promise<readonly number[]> {
    const { cgroup } = this.#options;
    if (cgroup) return cgroup.populated ? cgroup.processes() : [];
    const found = await this.#look();
    // One look at /proc can miss a child whose parent was read before it forked and died before the child was.
    return found.length > 0 ? found : await this.#look();
  }

  async isEmpty(): Promise<boolean> {
    const { cgroup } = this.#options;
    return cgroup ? !cgroup.populated : (await this.processes()).length === 0;
  }

  /** Resolves `true` once nothing of it lives, `false` if the token is cancelled before. */
  async emptied(token?: Cancellation): Promise<boolean> {
    const everyMs = this.isContained ? 100 : 1_000;
    while (!(await this.isEmpty())) {
      if ((await this.#options.clock.sleep(everyMs, token)) === "cancelled") return false;
    }
    return true;
  }

  /**
   * Kills all of it and looks whether it is gone. Resolves with the pids that live in spite of it, once none has ended
   * for 200 ms: a thousand of them on a busy machine take longer than that to die.
   */
  async kill(): Promise<readonly number[]> {
    const { cgroup, clock } = this.#options;
    let giveUpAt = clock.monotonic() + killLimitMs;
    let fewest = Number.POSITIVE_INFINITY;
    for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 20)) {
      const living = await this.processes();
      if (living.length === 0) return [];
      if (living.length < fewest) {
        fewest = living.length;
        giveUpAt = clock.monotonic() + killLimitMs;
      }
      if (clock.monotonic() > giveUpAt) return living;
      if (cgroup) cgroup.kill();
      else for (const pid of living) send(pid, "SIGKILL");
      await clock.sleep(waitMs);
    }
  }

  async #look(): Promise<readonly number[]> {
    const { scanner, cookie, leader } = this.#options;
    const members = membersOf(await scanner.scan(), cookie, leader, this.#last);
    if (members.length > 0) this.#last = members;
    return members.map(({ pid }) => pid);
  }

  #leaderStat(): ReturnType<typeof readProcStat> {
    const { leader } = this.#options;
    const stat = readProcStat(leader.pid);
    return stat?.startTime === leader.startTime ? stat : undefined;
  }
}

function send(target: number, signal: string | number): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Gone in between; or another user's, which a daemon that is not root meets in a setuid program.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
