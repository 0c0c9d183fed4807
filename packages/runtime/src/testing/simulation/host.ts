import { type Clock, sleepOn, type Timer } from "../../clock.ts";
import type { Random } from "../../random.ts";
import type { FileSystem, Network, ProcessSpawner } from "./seams.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedProcesses } from "./simulated-processes.ts";

/** How a life ended. */
export type LifeEnd =
  | { readonly kind: "completed"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "killed" };

/** What a program has of its machine. All of it stops in the moment it is killed: what it awaits never comes. */
export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: FileSystem;
  readonly processes: ProcessSpawner;
  readonly network: Network;
}

export interface HostOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: SimulatedNetwork;
  note(line: string): void;
}

/** A machine: its disk and its processes outlive the programs that run on it. */
export class Host {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly processes: SimulatedProcesses;
  readonly #options: HostOptions;
  readonly #lives = new Set<Life>();

  constructor(options: HostOptions) {
    const { clock, random, note } = options;
    this.name = options.name;
    this.#options = options;
    this.disk = new SimulatedDisk(random);
    this.processes = new SimulatedProcesses({ clock, random, note });
  }

  /** Starts a program, beside those that run already. Its first line runs in an event of its own. */
  run(program: (machine: Machine) => unknown): Life {
    const { name, network } = this.#options;
    network.powerOn(name);
    const life: Life = new Life(this, this.#options, () => this.#lives.delete(life));
    this.#lives.add(life);
    life.start(program);
    return life;
  }

  /** All programs and processes are gone, and of the disk what was not synced, or parts of it. */
  powerOff(): void {
    this.#options.note("power off");
    this.#options.network.powerOff(this.name);
    for (const life of this.#lives) life.kill();
    this.processes.powerOff();
    this.disk.powerOff();
  }
}

/** One run of a program on a host. */
export class Life {
  /** Resolves when the program has ended; never rejects. */
  readonly ended: Promise<LifeEnd>;
  readonly #host: Host;
  readonly #options: HostOptions;
  readonly #end = Promise.withResolvers<LifeEnd>();
  readonly #timers = new Set<Timer>();
  readonly #onEnd = new Set<() => void>();
  #over = false;

  constructor(host: Host, options: HostOptions, onEnd: () => void) {
    this.#host = host;
    this.#options = options;
    this.#onEnd.add(onEnd);
    this.ended = this.#end.promise;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Timers the program has set that have neither run nor been cleared. 0 after a clean stop. */
  get pending(): number {
    return this.#timers.size;
  }

  start(program: (machine: Machine) => unknown): void {
    const { name, random, network } = this.#options;
    const owner = {
      reach: <T>(effect: () => T) => this.#reach(effect),
      onEnd: (call: () => void) => void this.#onEnd.add(call),
      isOver: () => this.#over,
    };
    const machine: Machine = {
      clock: this.#clock(),
      random,
      files: this.#host.disk.seam(owner),
      processes: this.#host.processes.seam(owner),
      network: network.seam(name, owner),
    };
    (async () => {
      await new Promise<void>((resolve) => void machine.clock.setTimeout(resolve, 0));
      return program(machine);
    })().then(
      (value) => this.#ends({ kind: "completed", value }),
      (error: unknown) => this.#ends({ kind: "failed", error }),
    );
  }

  /** Ends the program at once, as SIGKILL does: its memory is gone, its files and processes are not. */
  kill(): void {
    if (!this.#over) this.#options.note("killed");
    this.#ends({ kind: "killed" });
  }

  #ends(end: LifeEnd): void {
    if (this.#over) return;
    this.#over = true;
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    for (const call of this.#onEnd) call();
    this.#end.resolve(end);
  }

  /** Does something to the machine, which takes a moment before and one after; in each the program may be killed. */
  async #reach<T>(effect: () => T): Promise<T> {
    await this.#moment();
    try {
      return effect();
    } finally {
      await this.#moment();
    }
  }

  #moment(): Promise<void> {
    const { clock, random } = this.#options;
    return new Promise((resolve) => {
      if (this.#over) return;
      const go = () => {
        if (!this.#over) resolve();
      };
      // Whole milliseconds, and mostly none: things that happen at once are what a seed can put in another order.
      clock.setTimeout(go, Math.floor(random.next() ** 2 * 3));
    });
  }

  #clock(): Clock {
    const { clock } = this.#options;
    const own: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimeout: (fn, ms) => {
        const run = () => {
          this.#timers.delete(timer);
          if (!this.#over) fn();
        };
        const timer = clock.setTimeout(run, ms);
        if (this.#over) clock.clearTimeout(timer);
        else this.#timers.add(timer);
        return timer;
      },
      clearTimeout: (timer) => {
        if (timer) this.#timers.delete(timer);
        clock.clearTimeout(timer);
      },
      sleep: (ms, token) => sleepOn(own, ms, token),
    };
    return own;
  }
}

/** The life of a program, as the seams it uses know it. */
export interface Owner {
  reach<T>(effect: () => T): Promise<T>;
  onEnd(call: () => void): void;
  isOver(): boolean;
}
