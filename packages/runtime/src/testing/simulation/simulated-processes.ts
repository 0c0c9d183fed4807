import type { Clock, Timer } from "../../clock.ts";
import { HoldfastError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { Owner } from "./host.ts";
import type { ProcessEntry, ProcessExit, ProcessIdentity, ProcessSpawner, SpawnRequest } from "./seams.ts";

/** How a simulated program behaves. */
export interface FakeProgram {
  /** How long it runs by itself, in ms. Default: until it is told to end. */
  readonly runMs?: number | ((random: Random) => number);
  /** What it then exits with. Default 0. */
  readonly code?: number;
  /** How long it takes to end after a SIGTERM, SIGINT or SIGHUP; `Infinity` ignores them. Default 0. */
  readonly stopMs?: number | ((random: Random) => number);
  /** Why it cannot be spawned, if it cannot; asked each time. */
  readonly refuse?: () => string | undefined;
}

export interface SimulatedProcessesOptions {
  readonly clock: Clock;
  readonly random: Random;
  note(line: string): void;
}

/** So few that they come back soon. */
const [firstPid, pidCount] = [300, 40];

class SimulatedProcess implements ProcessEntry {
  readonly pid: number;
  readonly startTime: number;
  readonly argv: readonly string[];
  readonly cookie?: string;
  readonly exit: PromiseWithResolvers<ProcessExit> = Promise.withResolvers();
  timers: Timer[] = [];
  isFrozen = false;
  /** What came while it was frozen. */
  held: string[] = [];

  constructor(identity: ProcessIdentity, { argv, cookie }: SpawnRequest) {
    this.pid = identity.pid;
    this.startTime = identity.startTime;
    this.argv = argv;
    if (cookie !== undefined) this.cookie = cookie;
  }
}

/** The process table of a machine. Its pids come back after 40 others. */
export class SimulatedProcesses {
  readonly #options: SimulatedProcessesOptions;
  readonly #programs = new Map<string, FakeProgram>();
  readonly #live = new Map<number, SimulatedProcess>();
  readonly #exits = new Map<string, PromiseWithResolvers<ProcessExit>["promise"]>();
  #spawned = 0;
  #lastPid = firstPid - 1;

  constructor(options: SimulatedProcessesOptions) {
    this.#options = options;
  }

  /** Every process that lives, oldest first. */
  get living(): readonly ProcessEntry[] {
    return [...this.#live.values()].sort((a, b) => a.startTime - b.startTime);
  }

  /** Installs what `argv[0]` of this name runs. */
  install(name: string, program: FakeProgram = {}): void {
    this.#programs.set(name, program);
  }

  /** Starts a process that is none of the program's: somebody else's, who may get a pid it once had. */
  spawn(request: SpawnRequest): ProcessIdentity & { readonly exited: Promise<ProcessExit> } {
    const [name = ""] = request.argv;
    const program = this.#programs.get(name);
    const refused = program ? program.refuse?.() : "command not found";
    if (refused !== undefined) throw new HoldfastError("SPAWN_FAILED", `${name}: ${refused}`);
    const process = new SimulatedProcess({ pid: this.#freePid(), startTime: ++this.#spawned }, request);
    const { pid, startTime } = process;
    this.#live.set(pid, process);
    this.#exits.set(keyOf(process), process.exit.promise);
    this.#options.note(`${name} runs as ${pid}`);
    const { runMs, code = 0 } = program ?? {};
    this.#in(process, this.#drawn(runMs), () => this.#exit(process, { code, signal: null }));
    return { pid, startTime, exited: process.exit.promise };
  }

  /** Sends a signal, as a person at the machine would. False if there is no such process. */
  signal(pid: number, signal: string): boolean {
    const process = this.#live.get(pid);
    if (!process) return false;
    this.#options.note(`${signal} to ${pid}`);
    if (signal === "SIGKILL") this.#exit(process, { code: null, signal });
    else if (signal === "SIGSTOP") process.isFrozen = true;
    else if (signal === "SIGCONT") {
      process.isFrozen = false;
      for (const held of process.held.splice(0)) this.#take(process, held);
    } else if (process.isFrozen) process.held.push(signal);
    else this.#take(process, signal);
    return true;
  }

  /** Ends a process from within: a crash. */
  crash(pid: number, code = 1): void {
    const process = this.#live.get(pid);
    if (process) this.#exit(process, { code, signal: null });
  }

  powerOff(): void {
    for (const process of this.#live.values()) this.#clear(process);
    this.#live.clear();
    this.#exits.clear();
  }

  seam({ reach, isOver }: Owner): ProcessSpawner {
    // What a killed program waited for never comes.
    const told = <T>(promise: Promise<T>) =>
      new Promise<T>((resolve) => void promise.then((value) => isOver() || resolve(value)));
    return {
      spawn: async (request) => {
        const { exited, ...identity } = await reach(() => this.spawn(request));
        return { ...identity, exited: told(exited) };
      },
      list: () =>
        reach(() =>
          this.living.map(({ pid, startTime, argv, cookie }) => {
            return { pid, startTime, argv, ...(cookie !== undefined && { cookie }) };
          }),
        ),
      signal: ({ pid, startTime }, signal) =>
        reach(() => this.#live.get(pid)?.startTime === startTime && this.signal(pid, signal)),
      exited: async (process) => {
        const exit = await reach(() => ({ promise: this.#exits.get(keyOf(process)) }));
        return exit.promise ? told(exit.promise) : { code: null, signal: null };
      },
    };
  }

  #take(process: SimulatedProcess, signal: string): void {
    if (!["SIGTERM", "SIGINT", "SIGHUP"].includes(signal)) return;
    const stopMs = this.#drawn(this.#programs.get(process.argv[0] ?? "")?.stopMs ?? 0);
    const end = () => this.#exit(process, { code: null, signal });
    if (stopMs === 0) end();
    else this.#in(process, stopMs, end);
  }

  #exit(process: SimulatedProcess, exit: ProcessExit): void {
    if (!this.#live.delete(process.pid)) return;
    this.#clear(process);
    this.#options.note(`${process.argv[0]} as ${process.pid} ended: ${exit.signal ?? exit.code}`);
    process.exit.resolve(exit);
  }

  #in(process: SimulatedProcess, ms: number, act: () => void): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    process.timers.push(this.#options.clock.setTimeout(act, ms));
  }

  #clear(process: SimulatedProcess): void {
    for (const timer of process.timers) this.#options.clock.clearTimeout(timer);
  }

  #drawn(ms: number | ((random: Random) => number) = Number.POSITIVE_INFINITY): number {
    return typeof ms === "function" ? ms(this.#options.random) : ms;
  }

  #freePid(): number {
    for (let tries = 0; tries < pidCount; tries++) {
      this.#lastPid = firstPid + ((this.#lastPid + 1 - firstPid) % pidCount);
      if (!this.#live.has(this.#lastPid)) return this.#lastPid;
    }
    throw new HoldfastError("SPAWN_FAILED", `no pid is free: ${pidCount} processes live`);
  }
}

function keyOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid} ${startTime}`;
}
