/** Runs instances as processes of this machine, each in a tree that ends as a whole. */

import {
  type Cgroup,
  type CgroupHome,
  type Launcher,
  type LimitGroup,
  type LimitHome,
  type Notified,
  type ProcessExit,
  type ProcessIdentity,
  processVariable,
  type RunDirectory,
  type RunRecord,
  type StopOutcome,
  stopTree,
  type TreeUsage,
  type UsagePlace,
} from "@holdfast/platform";
import { type Clock, HoldfastError, ShutdownToken } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { Exit } from "../spec/app-state.ts";
import { argvOf } from "./argv.ts";
import { expectProgram, type WantedProgram } from "./find-program.ts";
import { limitRun, refuseUnenforced } from "./limit-run.ts";
import { machineSight, type ProcessSight, type RunTree } from "./process-sight.ts";
import type { LimitName, Reattached, Run, Runner, RunRequest, StopRequest, StrayRun } from "./runner.ts";
import type { SecretFiles } from "./secret-files.ts";
import { StopExtension } from "./stop-extension.ts";

/** How long a program that was found is believed to be there, and how many are remembered. */
const believedMs = 1_000;
const mostBelieved = 1_000;

export interface ProcessRunnerSeams {
  readonly clock: Clock;
  readonly launcher: Pick<Launcher, "launch"> & Partial<Pick<Launcher, "unavailable">>;
  readonly runDirectory: Pick<RunDirectory, "read" | "exited" | "remove" | "list" | "onNotified">;
  /** Absent where cgroups cannot be made: then `/proc` is searched for what is left of a tree. */
  readonly cgroups?: CgroupHome;
  /** Absent where nothing can be limited. */
  readonly limits?: LimitHome;
  /** How the machine's processes are seen; absent means the machine's own. */
  readonly sight?: ProcessSight;
  /** Absent where no secrets can be given. */
  readonly secrets?: SecretFiles;
}

export class ProcessRunner implements Runner {
  readonly usage?: () => ReadonlyMap<string, TreeUsage>;
  readonly #seams: ProcessRunnerSeams;
  readonly #sight: ProcessSight;
  readonly #foundAt = new Map<string, number>();
  /** Where each run that goes on is. */
  readonly #places = new Map<string, UsagePlace>();

  constructor(seams: ProcessRunnerSeams) {
    this.#seams = seams;
    this.#sight = seams.sight ?? machineSight();
    const { usages } = this.#sight;
    if (usages === undefined) return;
    this.usage = () => {
      const cookies = [...this.#places.keys()];
      const found = usages([...this.#places.values()]);
      return new Map(found.map((usage, index) => [cookies[index] ?? "", usage]));
    };
  }

  async launch(request: RunRequest): Promise<Run> {
    const { launcher, cgroups } = this.#seams;
    const argv = argvOf(request.command);
    this.#expectProgram({
      program: argv[0],
      workingDir: request.workingDir,
      path: request.environment["PATH"],
    });
    const cgroup = cgroups?.create(request.cookie);
    const { group, notEnforced } = limitRun(this.#seams.limits, request);
    failpoint("runner.cgroup");
    try {
      refuseUnenforced(request.limits, notEnforced);
      const env = await this.#environment(request);
      const leader = await launcher.launch({
        cookie: request.cookie,
        argv,
        cwd: request.workingDir,
        env,
        output: request.output,
        ...(request.errorOutput !== undefined && { errorOutput: request.errorOutput }),
        cgroups: [...(cgroup === undefined ? [] : [cgroup.path]), ...(group?.paths ?? [])],
        ...(request.user === undefined ? {} : { user: request.user }),
        ...(request.groups === undefined ? {} : { groups: request.groups }),
        ...(request.notify === true && { notify: true }),
        ...(request.ulimits === undefined ? {} : { resourceLimits: request.ulimits }),
      });
      failpoint("runner.began");
      return this.#run(request.cookie, leader, { cgroup, group, notEnforced }, request.forks);
    } catch (error) {
      await this.#seams.secrets?.remove(request.cookie).catch(() => undefined);
      await group?.remove(this.#seams.clock);
      await cgroup?.remove(this.#seams.clock);
      throw new HoldfastError("START_FAILED", error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    }
  }

  unavailable(): string | undefined {
    return this.#seams.launcher.unavailable?.();
  }

  async #environment(request: RunRequest): Promise<Readonly<Record<string, string>>> {
    const { cookie, secrets = [], user, environment } = request;
    if (secrets.length === 0) return environment;
    const files = this.#seams.secrets;
    if (files === undefined)
      throw new HoldfastError("START_FAILED", "it has secrets, and there is no place for them");
    return await files.prepare(cookie, secrets, user, environment);
  }

  async reattach(cookie: string, forks: boolean): Promise<Reattached> {
    const { runDirectory, cgroups } = this.#seams;
    const record = runDirectory.read(cookie);
    const cgroup = cgroups?.find(cookie, record.pid);
    const group = this.#seams.limits?.find(cookie, record.pid);
    if (record.pid === undefined) {
      await group?.remove(this.#seams.clock);
      await cgroup?.remove(this.#seams.clock);
      return record.exit === undefined || record.exit.kind === "spawn-failed"
        ? { kind: "never-began" }
        : { kind: "ended", exit: exitFrom(record.exit) };
    }
    const found = this.#liveLeader(cookie, record);
    const ours = found !== undefined;
    const leader = found ?? { pid: record.pid, startTime: -1, bootId: "" };
    const run = this.#run(cookie, leader, { cgroup, group }, forks);
    const isStrangers =
      !ours && record.startTime === undefined && this.#sight.identity(record.pid) !== undefined;
    if (isStrangers && record.exit === undefined)
      return { kind: "ended", exit: { code: null, signal: null } };
    if (ours || record.exit === undefined) return { kind: "running", run };
    // The leader has ended; what it left behind ends too, before anything is started in its place.
    return forks ? { kind: "running", run } : { kind: "ended", exit: await run.exited };
  }

  strays(known: ReadonlySet<string>): readonly StrayRun[] {
    return this.#seams.runDirectory
      .list()
      .filter((cookie) => !known.has(cookie))
      .flatMap((cookie) => strayRun(cookie, this.#runningLeader(cookie)) ?? []);
  }

  isLive(cookie: string): boolean {
    return this.#runningLeader(cookie) !== undefined;
  }

  #runningLeader(cookie: string): number | undefined {
    const record = this.#seams.runDirectory.read(cookie);
    return record.exit === undefined ? this.#liveLeader(cookie, record)?.pid : undefined;
  }

  /**
   * Who has the pid now, if that is the program that was launched. Whoever was given the pid since began later, which
   * the record tells; where it does not, only the cookie does, and nobody without it is believed.
   */
  #liveLeader(cookie: string, { pid, startTime }: RunRecord): ProcessIdentity | undefined {
    const found = pid === undefined ? undefined : this.#sight.identity(pid);
    if (found === undefined) return undefined;
    const leader = { ...found, startTime: startTime ?? found.startTime };
    return this.#sight.isAlive(leader, cookie, startTime !== undefined) ? leader : undefined;
  }

  forget(cookie: string): void {
    this.#seams.runDirectory.remove(cookie);
    void this.#seams.secrets?.remove(cookie).catch(() => undefined);
  }

  /** As `expectProgram`, but what was there a moment ago is believed: many apps are often one program. */
  #expectProgram(wanted: WantedProgram): void {
    const now = this.#seams.clock.monotonic();
    const key = JSON.stringify(wanted);
    const foundAt = this.#foundAt.get(key);
    if (foundAt !== undefined && now - foundAt < believedMs) return;
    expectProgram(wanted);
    if (this.#foundAt.size >= mostBelieved) this.#foundAt.clear();
    this.#foundAt.set(key, now);
  }

  #run(cookie: string, leader: ProcessIdentity, within: Within, forks: boolean): Run {
    const { cgroup, group, notEnforced } = within;
    const { clock, runDirectory, secrets } = this.#seams;
    const tree = this.#sight.tree({
      cookie,
      leader,
      clock,
      ...(cgroup === undefined ? {} : { cgroup }),
    });
    const run = new ProcessRun({
      cookie,
      tree,
      clock,
      runDirectory,
      forks,
      ...(secrets === undefined ? {} : { secrets }),
      ...(cgroup === undefined ? {} : { cgroup }),
      ...(group === undefined ? {} : { group }),
      ...(notEnforced === undefined ? {} : { notEnforced }),
    });
    const cgroups = [...(cgroup === undefined ? [] : [cgroup.path]), ...(group?.paths ?? [])];
    this.#places.set(cookie, { leader: leader.pid, cgroups });
    void run.exited.then(() => this.#places.delete(cookie));
    return run;
  }
}

/** The cgroups that a run lives in. */
interface Within {
  readonly cgroup: Cgroup | undefined;
  readonly group: LimitGroup | undefined;
  readonly notEnforced?: readonly LimitName[];
}

interface ProcessRunSeams {
  readonly cookie: string;
  readonly tree: RunTree;
  readonly cgroup?: Cgroup;
  readonly group?: LimitGroup;
  readonly notEnforced?: readonly LimitName[];
  readonly clock: Clock;
  readonly runDirectory: Pick<RunDirectory, "exited" | "onNotified">;
  readonly secrets?: SecretFiles;
  readonly forks: boolean;
}

class ProcessRun implements Run {
  readonly pid: number;
  readonly notEnforced?: readonly LimitName[];
  readonly exited: Promise<Exit>;
  readonly #seams: ProcessRunSeams;
  readonly #leaderExited: Promise<ProcessExit>;
  /** Cancelled when a stop under way is to be over at once. */
  #hurry: ShutdownToken | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #stopping: Promise<StopOutcome> | undefined;

  constructor(seams: ProcessRunSeams) {
    this.#seams = seams;
    this.pid = seams.tree.leader.pid;
    if (seams.notEnforced !== undefined) this.notEnforced = seams.notEnforced;
    this.#leaderExited = seams.runDirectory.exited(seams.cookie);
    this.exited = this.#follow();
  }

  onNotified(listener: (notified: Notified) => void): () => void {
    return this.#seams.runDirectory.onNotified(this.#seams.cookie, listener);
  }

  stop(request: StopRequest): Promise<Exit> {
    const { clock } = this.#seams;
    const deadline = clock.monotonic() + request.graceMs;
    if (this.#stopping === undefined) {
      this.#deadline = deadline;
      this.#hurry = new ShutdownToken();
      this.#stopping = this.#stopTree(request, this.#hurry);
    } else if (deadline < this.#deadline) {
      this.#deadline = deadline;
      const hurry = this.#hurry;
      clock.setTimeout(() => hurry?.cancel({ kind: "rpc-requested" }), request.graceMs).unref();
    }
    return this.#ended(this.#stopping);
  }

  async #stopTree(request: StopRequest, hurry: ShutdownToken): Promise<StopOutcome> {
    const { tree, clock } = this.#seams;
    const extension = new StopExtension(clock, (listener) => this.onNotified(listener));
    using _ = extension;
    return await stopTree(tree, {
      extendedTo: () => extension.until,
      signal: request.signal,
      graceMs: request.graceMs,
      leaderOnly: request.leaderOnly,
      clock,
      hurry,
      exited: this.#leaderExited,
      ...(request.command === undefined ? {} : { ask: request.command }),
    });
  }

  async #ended(stopping: Promise<StopOutcome>): Promise<Exit> {
    const { survivors } = await stopping;
    // What not even SIGKILL ends is stuck in the kernel: nobody is kept waiting for it.
    return survivors.length > 0 ? { code: null, signal: null } : await this.exited;
  }

  async #follow(): Promise<Exit> {
    const { tree, cgroup, group, clock, forks } = this.#seams;
    const ended = exitFrom(await this.#leaderExited);
    // Whoever was killed, the leader or a child without which it could not go on, this is why.
    const oom = ended.code !== 0 && (group?.oomKills ?? 0) > 0;
    const exit: Exit = oom ? { ...ended, oom } : ended;
    if (forks && exit.code === 0) await tree.emptied();
    // During a stop the rest of the tree has the rest of the grace.
    else if (this.#stopping === undefined) await tree.kill();
    else await this.#stopping;
    await cgroup?.remove(clock);
    await group?.remove(clock);
    await this.#seams.secrets?.remove(this.#seams.cookie).catch(() => undefined);
    return exit;
  }
}

function strayRun(cookie: string, pid: number | undefined): StrayRun | undefined {
  if (pid === undefined) return undefined;
  const project = processVariable(pid, "HOLDFAST_PROJECT");
  const name = processVariable(pid, "HOLDFAST_APP");
  if (project === undefined || name === undefined) return undefined;
  const instance = Number(processVariable(pid, "HOLDFAST_INSTANCE"));
  return { cookie, pid, project, name, ...(Number.isSafeInteger(instance) ? { instance } : {}) };
}

function exitFrom(exit: ProcessExit): Exit {
  switch (exit.kind) {
    case "exited":
      return { code: exit.code, signal: null };
    case "signaled":
      return { code: null, signal: exit.signal };
    case "spawn-failed":
    case "lost":
      return { code: null, signal: null };
  }
}
