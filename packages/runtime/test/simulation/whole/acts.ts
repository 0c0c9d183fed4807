import { HoldfastError, type Supervisor } from "../../../src/index.ts";
import type { Machine, World } from "../../../src/testing/index.ts";
import { type Apps, appNames } from "./apps.ts";
import { chance, pick, whole } from "./draw.ts";
import { Leaf } from "./leaf.ts";
import type { Layout } from "./tree-layout.ts";
import type { TreeWatch } from "./tree-watch.ts";

export interface ActsOptions {
  readonly world: World;
  readonly machine: Machine;
  readonly supervisor: Supervisor;
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly watch: TreeWatch;
  readonly apps: Apps | undefined;
}

/** What is done to a tree while it lives: leaves crash and end, children are added, stopped, restarted and deleted, apps asked for. */
export class Acts {
  /** Requests that have no answer yet. */
  readonly unanswered: Set<string> = new Set();
  readonly #options: ActsOptions;
  readonly #stopped = new Set<string>();
  readonly #lastAsk = new Map<string, number>();
  #asked = 0;

  constructor(options: ActsOptions) {
    this.#options = options;
  }

  /** Whether it was asked for that this child does not run. */
  excuses(id: string): boolean {
    return this.#stopped.has(id);
  }

  /** Leaves the when and how often to the seed. */
  plan(withinMs: number): void {
    const { world, layouts, apps } = this.#options;
    const { faults } = world;
    const leaves = () => [...layouts.values()].flatMap((layout) => [...layout.leaves.values()]);
    faults.plan("crash", {
      atMost: 8,
      withinMs,
      inject: (random) => {
        const hit = leaves().flatMap(({ newest }) => newest ?? []);
        hit[whole(random, 0, hit.length - 1)]?.end.reject(new Error("crash"));
      },
    });
    faults.plan("complete", {
      atMost: 2,
      withinMs,
      inject: (random) => {
        const verdict = pick(random, [undefined, undefined, undefined, "do-not-restart", "end-tree"]);
        const hit = leaves().filter(({ newest }) => newest);
        const leaf = hit[whole(random, 0, hit.length - 1)];
        leaf?.newest?.end.resolve(verdict);
        if (leaf && verdict) this.#stopped.add(leaf.id);
      },
    });
    faults.plan("change", {
      atMost: 5,
      withinMs,
      inject: (random) => this.#change(this.#target(random)),
    });
    const actions = ["start", "start", "stop", "restart"] as const;
    for (const app of apps ? appNames : []) {
      const ask = (random: Machine["random"]) => apps?.ask(app, pick(random, actions));
      faults.plan(`ask ${app}`, {
        atMost: 5,
        withinMs,
        inject: (random) => {
          ask(random);
          // Requests find most where another one is under way.
          faults.near(`ask ${app} again`, { chance: 0.5, withinMs: 30, inject: ask });
        },
      });
    }
  }

  /** One that waits for its restart, if there is any, a new one, or any of those there are. */
  #target(random: Machine["random"]): Leaf {
    const { world, machine, supervisor, layouts } = this.#options;
    const { children } = supervisor.snapshot();
    const waits = (leaf: Leaf) => children.some(({ id, state }) => id === leaf.id && state === "restarting");
    const own = [...(layouts.get("")?.leaves.values() ?? [])];
    const waiting = own.find(waits);
    if (waiting && chance(random, 0.7)) return waiting;
    return pick(random, [new Leaf(`d${this.#asked}`, world, machine.clock, random), ...own]);
  }

  #change(leaf: Leaf): void {
    const { id } = leaf;
    const { world, supervisor, watch } = this.#options;
    const child = supervisor.snapshot().children.find((one) => one.id === id);
    if (!child) {
      watch.watch("", leaf);
      watch.wanted("", id);
      this.#lastAsk.set(id, this.#asked);
      world.mark("a child was added");
      const failed = (error: unknown) => {
        // Asked for twice: the first one is there.
        const isThere = error instanceof HoldfastError && error.code === "CHILD_EXISTS";
        if (!isThere) watch.forget("", id);
        throw error;
      };
      this.ask(`startChild ${id}`, supervisor.startChild(leaf.spec).catch(failed));
      return;
    }
    if (child.state === "stopped" && leaf.spec.restart !== "temporary") {
      if (this.#asked % 2 === 0) {
        this.#restart(id);
      } else {
        this.ask(
          `deleteChild ${id}`,
          supervisor.deleteChild(id).then(() => watch.forget("", id)),
        );
      }
      return;
    }
    this.#stopped.add(id);
    const request = this.#asked;
    this.#lastAsk.set(id, request);
    // What was asked for since is not served before this.
    const stopped = () => watch.stopped("", id, this.#lastAsk.get(id) === request);
    this.ask(`stopChild ${id}`, supervisor.stopChild(id).then(stopped));
    if (child.state !== "restarting") return;
    world.mark("a stop during a backoff");
    const { faults } = world;
    // What is left of the backoff would show in the next one.
    const crash = () => leaf.newest?.end.reject(new Error("crash again"));
    faults.near("start after a stop", { chance: 0.9, withinMs: 50, inject: () => this.#restart(id) });
    faults.near("crash after a stop", { chance: 0.9, withinMs: 200, inject: crash });
  }

  #restart(id: string): void {
    this.#stopped.delete(id);
    this.#lastAsk.set(id, this.#asked);
    const { supervisor, watch } = this.#options;
    watch.wanted("", id);
    const failed = (error: unknown) => {
      this.#stopped.add(id);
      throw error;
    };
    this.ask(`restartChild ${id}`, supervisor.restartChild(id).catch(failed));
  }

  /** Every request has its answer in the end: I6. */
  ask(what: string, answer: Promise<unknown>): void {
    const name = `${what} (${++this.#asked})`;
    this.unanswered.add(name);
    answer.then(
      () => this.unanswered.delete(name),
      (error: unknown) => {
        this.unanswered.delete(name);
        this.#options.world.assert(
          "I6",
          error instanceof HoldfastError,
          `${name} was answered by ${String(error)}`,
        );
      },
    );
  }
}
