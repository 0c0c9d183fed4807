import type { LaunchRequest, ProcessExit, ProcessIdentity, RunRecord } from "@holdfast/platform";
import { HoldfastError, type Random, type Timer } from "@holdfast/runtime";
import type { Host, World } from "@holdfast/runtime/testing";
import type { ProcessRunnerSeams } from "../../../src/runner/process-runner.ts";
import type { ProcessSight, RunTree } from "../../../src/runner/process-sight.ts";
import type { DaemonLife } from "./daemon-life.ts";
import { chance, whole } from "./draw.ts";
import type { ProcessWatch } from "./process-watch.ts";

/** How long it takes until a program that ended without an exit record is known to be lost. */
const lostMs = 400;

interface Record extends RunRecord {
  readonly startTime?: number;
}

/** The parent of the apps, and the run directory it writes: both outlive the daemon, and neither a loss of power. */
export class Keeper {
  readonly #world: World;
  readonly #host: Host;
  readonly #random: Random;
  readonly #watch: ProcessWatch;
  readonly #records = new Map<string, Record>();
  readonly #followers = new Map<string, Set<() => void>>();
  #underWay = 0;
  #boots = 0;

  constructor(world: World, host: Host, watch: ProcessWatch) {
    this.#world = world;
    this.#host = host;
    this.#random = world.fork("keeper");
    this.#watch = watch;
  }

  /** All that is asked of the keeper is done: no program appears later. */
  async settled(life: DaemonLife): Promise<void> {
    while (this.#underWay > 0) await life.later(2, () => undefined);
  }

  powerOff(): void {
    this.#boots++;
    this.#underWay = 0;
    this.#records.clear();
    this.#followers.clear();
  }

  seams(life: DaemonLife): Required<Pick<ProcessRunnerSeams, "launcher" | "runDirectory" | "sight">> {
    return {
      launcher: { launch: (request) => this.#launch(request, life) },
      runDirectory: {
        list: () => [...this.#records.keys()],
        onNotified: () => () => undefined,
        read: (cookie) => this.#records.get(cookie) ?? { starting: false },
        exited: (cookie) => this.#exited(cookie, life),
        remove: (cookie) => {
          if (!life.isOver) this.#records.delete(cookie);
        },
      },
      sight: this.#sight(life),
    };
  }

  async #launch(request: LaunchRequest, life: DaemonLife): Promise<ProcessIdentity> {
    if (life.isOver) return new Promise(() => {});
    return await life.told(this.#begin(request));
  }

  /** Goes on when the daemon is killed meanwhile: the request is in the keeper's hands. */
  async #begin(request: LaunchRequest): Promise<ProcessIdentity> {
    const { cookie } = request;
    const boot = this.#boots;
    this.#underWay++;
    this.#records.set(cookie, { starting: true });
    const takesMs = chance(this.#random, 0.1) ? whole(this.#random, 5, 60) : whole(this.#random, 0, 2);
    await this.#world.clock.sleep(takesMs);
    if (boot !== this.#boots) return await new Promise(() => {});
    this.#underWay--;
    try {
      const [, program = ""] = request.argv;
      const spawned = this.#host.processes.spawn({ argv: [program], cookie });
      const { pid, startTime } = spawned;
      this.#records.set(cookie, { starting: false, pid, startTime });
      this.#watch.spawned(request, pid);
      const isUnseen = this.#world.faults.strikes("exit unseen", 0.02);
      void spawned.exited.then(({ code, signal }) => {
        this.#watch.ended(cookie, pid);
        const exit: ProcessExit =
          signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signaled", signal };
        this.#world.clock.setTimeout(
          () => {
            if (boot === this.#boots && !isUnseen) this.#writeExit(cookie, exit);
          },
          whole(this.#random, 0, 2),
        );
      });
      await this.#world.clock.sleep(whole(this.#random, 0, 1));
      return { pid, startTime, bootId: `boot ${boot}` };
    } catch (error) {
      this.#writeExit(cookie, { kind: "spawn-failed", phase: "fork", errno: 12, error: "ENOMEM" });
      throw new HoldfastError("SPAWN_FAILED", error instanceof Error ? error.message : String(error));
    }
  }

  #writeExit(cookie: string, exit: ProcessExit): void {
    const record = this.#records.get(cookie);
    if (record === undefined) return;
    this.#records.set(cookie, { ...record, starting: false, exit });
    for (const tell of this.#followers.get(cookie) ?? []) tell();
  }

  #exited(cookie: string, life: DaemonLife): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const followers = this.#followers.get(cookie) ?? new Set();
      this.#followers.set(cookie, followers);
      let timer: Timer | undefined;
      const look = (): void => {
        const exit = this.#records.get(cookie)?.exit;
        if (exit === undefined || life.isOver) return;
        followers.delete(look);
        life.machine.clock.clearTimeout(timer);
        resolve(exit);
      };
      const lookForLost = (): void => {
        const record = this.#records.get(cookie);
        if (!followers.has(look)) return;
        const there = record?.pid !== undefined && this.#living(record.pid, record.startTime) !== undefined;
        if (there || record === undefined || record.starting) {
          // Looked at again when it has ended, and not all the time: the simulation need not wait for it.
          const again = record?.pid === undefined ? undefined : this.#watch.onEnd(record.pid, wait);
          if (again === undefined) followers.delete(look);
        } else {
          followers.delete(look);
          this.#world.mark("an exit that nobody saw");
          resolve({ kind: "lost" });
        }
      };
      const wait = (): void => {
        if (!followers.has(look)) return;
        timer = life.machine.clock.setTimeout(lookForLost, lostMs);
        life.onEnd(() => life.machine.clock.clearTimeout(timer));
      };
      followers.add(look);
      look();
      if (followers.has(look)) lookForLost();
    });
  }

  #sight(life: DaemonLife): ProcessSight {
    return {
      identity: (pid) => {
        const found = this.#living(pid);
        return found && { pid, startTime: found.startTime, bootId: `boot ${this.#boots}` };
      },
      isAlive: ({ pid, startTime }, cookie) => this.#living(pid, startTime)?.cookie === cookie,
      tree: ({ cookie, leader }) => this.#tree(cookie, leader, life),
    };
  }

  #tree(cookie: string, leader: ProcessIdentity, life: DaemonLife): RunTree {
    const processes = (): readonly number[] =>
      this.#host.processes.living
        .filter((each) => each.cookie === cookie || isSame(each, leader))
        .map(({ pid }) => pid);
    const send = (pid: number, signal: string): void => {
      if (life.isOver) return;
      this.#watch.signalled(pid, cookie, signal);
      this.#host.processes.signal(pid, signal);
    };
    const leaderRuns = (): boolean => this.#living(leader.pid, leader.startTime) !== undefined;
    return {
      leader,
      isContained: true,
      get leaderRuns() {
        return leaderRuns();
      },
      signal: async (signal) => {
        if (leaderRuns()) send(leader.pid, String(signal));
        else for (const pid of processes()) send(pid, String(signal));
      },
      isEmpty: async () => processes().length === 0,
      emptied: async () => true,
      kill: async () => {
        for (const pid of processes()) send(pid, "SIGKILL");
        await life.told(this.#world.clock.sleep(whole(this.#random, 0, 2)));
        return [];
      },
    };
  }

  #living(pid: number, startTime?: number) {
    return this.#host.processes.living.find(
      (each) => each.pid === pid && (startTime === undefined || each.startTime === startTime),
    );
  }
}

function isSame(
  one: { readonly pid: number; readonly startTime: number },
  other: { readonly pid: number; readonly startTime: number },
): boolean {
  return one.pid === other.pid && one.startTime === other.startTime;
}
