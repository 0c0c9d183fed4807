import type { MethodTable } from "@holdfast/rpc";
import { HoldfastError, type Random, ShutdownToken } from "@holdfast/runtime";
import type { Host, Life, World } from "@holdfast/runtime/testing";
import type { Methods } from "../../../src/api/contract.ts";
import { type Caller, methodTable } from "../../../src/api/methods.ts";
import { Daemon } from "../../../src/daemon.ts";
import { LogBook } from "../../../src/logs/log-book.ts";
import { ProcessRunner } from "../../../src/runner/process-runner.ts";
import { watchCauses } from "./cause-watch.ts";
import { DaemonLife } from "./daemon-life.ts";
import { SimulatedDatabase } from "./database.ts";
import { whole } from "./draw.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { Keeper } from "./keeper.ts";
import { ProcessWatch } from "./process-watch.ts";
import { simulatedMachine } from "./simulated-machine.ts";
import type { Universe } from "./universe.ts";

export type Table = MethodTable<Methods, Caller>;

/** A daemon that answers. */
export interface Serving {
  readonly daemon: Daemon;
  readonly table: Table;
  readonly life: DaemonLife;
}

/** One machine with a daemon on it, which is begun anew whenever it has ended. */
export class Box {
  readonly world: World;
  readonly universe: Universe;
  readonly host: Host;
  readonly watch: ProcessWatch;
  readonly database: SimulatedDatabase;
  readonly keeper: Keeper;
  readonly hooks: HookReceiver;
  serving: Serving | undefined;
  life: Life | undefined;
  /** No other daemon begins. */
  isClosing = false;
  readonly #random;
  readonly #onServing = new Set<() => void>();

  constructor(world: World, universe: Universe) {
    this.world = world;
    this.universe = universe;
    this.host = world.host("box");
    universe.install(this.host.processes, world);
    this.watch = new ProcessWatch(world, this.host, universe);
    this.database = new SimulatedDatabase(world);
    this.keeper = new Keeper(world, this.host, this.watch);
    this.hooks = new HookReceiver(world, this.database);
    this.#random = world.fork("box");
  }

  onServing(call: () => void): void {
    this.#onServing.add(call);
    if (this.serving !== undefined) call();
  }

  /** Daemon after daemon, until one ends while `isClosing`. Throws what a daemon throws. */
  async run(): Promise<void> {
    for (;;) {
      const life = this.host.run((machine) => this.#program(new DaemonLife(machine, () => life)));
      this.life = life;
      const end = await life.ended;
      this.serving = undefined;
      if (end.kind === "killed") this.world.mark("the daemon was killed");
      if (end.kind === "failed" && !isKilled(end.error) && !isFull(end.error)) throw end.error;
      if (end.kind === "completed") {
        this.world.assert("I12", life.pending === 0, () => `${life.pending} timers are left after the end`);
        this.world.mark("the daemon ended in peace");
      }
      if (this.isClosing && end.kind === "completed") return;
      await this.world.clock.sleep(whole(this.#random, 1, 200));
    }
  }

  /** The machine loses its power, and gets it back. */
  powerOff(): void {
    this.host.powerOff();
    this.keeper.powerOff();
    this.watch.powerOff();
    this.database.powerOff();
    this.world.mark("the power went");
  }

  /** The daemon is killed, then one of its apps, whose pid a stranger gets before the next daemon begins. */
  recyclePid(random: Random): void {
    const { living } = this.watch;
    const hit = living[whole(random, 0, living.length - 1)];
    if (hit === undefined || this.life?.isOver !== false) return;
    const { processes } = this.host;
    this.life.kill();
    processes.crash(hit.pid);
    // Pids come back in their order.
    for (let tries = 0; tries < 100; tries++) {
      const { pid } = processes.spawn({ argv: ["stranger"] });
      if (pid === hit.pid) {
        this.world.mark("a stranger got the pid of an app");
        return;
      }
      processes.crash(pid);
    }
  }

  async #program(life: DaemonLife): Promise<void> {
    const { world, universe, keeper, watch, database } = this;
    const { clock } = life.machine;
    // Of its own, so that what a daemon draws does not shift what its machine does.
    const random = world.fork(`daemon ${clock.monotonic()}`);
    await keeper.settled(life);
    watch.daemonBegan();
    const runner = new ProcessRunner({ clock, ...keeper.seams(life) });
    const daemon = new Daemon({
      clock,
      random,
      database: database.seam(life),
      logs: new LogBook("/nowhere", clock),
      watchFiles: () => () => undefined,
      machineFigures: () => ({ disk: null, memoryBytes: 1, boot: new Date(0).toISOString() }),
      info: () => {
        throw new HoldfastError("NOT_FOUND", "nobody asks for it");
      },
      hooks: this.hooks.machine(life),
      machine: simulatedMachine({ world, watch, universe, life, random: world.fork("machine"), runner }),
    });
    const lookAtCause = watchCauses(world, database.events, (seq) => daemon.events.get(seq));
    daemon.events.onEvent((event) => {
      if (life.isOver) return;
      lookAtCause(event);
      watch.told(event);
      world.note(event.message);
    });
    watch.operations = () => daemon.operations.list();
    await daemon.resume();
    const table = methodTable(daemon, () => {
      throw new HoldfastError("NO_HTTP", "there is no HTTP server");
    });
    this.serving = { daemon, table, life };
    for (const call of this.#onServing) call();
    const { keepApps } = await daemon.shutdownAsked;
    if (!keepApps) await daemon.stopApps();
    this.serving = undefined;
    const laggards = await daemon.end(2_000);
    life.close();
    world.assert("I12", laggards.length === 0, () => `still running at the end: ${laggards.join(", ")}`);
    world.assert("I12", watch.lineWatches === 0, () => `${watch.lineWatches} logs are still watched`);
    world.assert("I12", daemon.tasks.size === 0, () => `${daemon.tasks.size} tasks are left`);
    world.mark(keepApps ? "the daemon ended, and its apps ran on" : "the daemon ended with its apps");
  }
}

/** What a caller hears. */
export type Answer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  /** The daemon ended before it answered, or the answer was lost: nobody knows what came of it. */
  | { readonly kind: "lost" }
  /** There was nobody to ask. */
  | { readonly kind: "refused" };

/** Asks the daemon that serves now. */
export function ask<K extends keyof Table & keyof Methods>(
  box: Box,
  method: K,
  params: Methods[K]["params"],
): Promise<Answer<Methods[K]["result"]>> {
  const { serving, world } = box;
  if (serving === undefined || serving.life.isOver) return Promise.resolve({ kind: "refused" });
  const { life, table } = serving;
  return new Promise((resolve) => {
    void box.life?.ended.then(() => resolve({ kind: "lost" }));
    const answer = (told: Answer<Methods[K]["result"]>): void => {
      // What was sent is on its way, whatever becomes of the daemon: or it gets lost.
      if (life.isOver) return;
      if (world.faults.strikes("an answer gets lost", 0.03)) resolve({ kind: "lost" });
      else resolve(told);
    };
    const context = {
      principal: "client",
      token: new ShutdownToken(),
      subscribe: () => {
        throw new HoldfastError("UNSUPPORTED", "one call has no subscription");
      },
    };
    // One call with another member of the union of all methods' params: only this method's own are given.
    const call = table[method].call as (
      params: Methods[K]["params"],
      context: object,
    ) => Promise<Methods[K]["result"]> | Methods[K]["result"];
    (async () => await call(params, context))().then(
      (value) => answer({ kind: "ok", value }),
      (error: unknown) => {
        if (isKilled(error)) return;
        const { code, message } = error as { code?: string; message?: string };
        answer({ kind: "error", code: String(code ?? error), message: String(message) });
      },
    );
  });
}

/** True for what only a daemon that was killed throws. */
export function isKilled(error: unknown): boolean {
  return error instanceof HoldfastError && (error.code === "KILLED" || error.code === "FAILPOINT");
}

function isFull(error: unknown): boolean {
  return error instanceof HoldfastError && error.code === "E_NO_SPACE";
}
