import {
  HoldfastError,
  ShutdownToken,
  Supervisor,
  type SupervisorExit,
  type TreeSnapshot,
} from "../../../src/index.ts";
import type { Machine, Scenario, World } from "../../../src/testing/index.ts";
import { Apps, appNames, installApps, type Promises } from "./apps.ts";
import { chance, pick, whole } from "./draw.ts";
import { Feed, Peer } from "./feed.ts";
import { jobsSpec } from "./jobs.ts";
import { Leaf } from "./leaf.ts";
import { mirror } from "./readers.ts";
import { drawSupervisor } from "./tree.ts";
import { type Layout, TreeWatch } from "./tree-watch.ts";

/** How long faults happen, and how long the tree then has to be as it should again. */
const [faultsMs, settleMs] = [3_000, 3_000];
/** Longer than anything a leaf does after it was left behind, or a slow follower takes to read on. */
const afterMs = 400;

/** What was asked of the tree, which excuses that something does not run. */
interface Excused {
  readonly stopped: Set<string>;
}

/**
 * One machine, one program: a tree of supervisors with leaves of all characters, apps that are started and
 * stopped by operations, a feed from another machine, and tracked jobs. It is killed, and runs anew; what was
 * acknowledged holds. In the end it is stopped, at rest or in the thick of it, and leaves nothing.
 */
export const wholeTree: Scenario = async (world) => {
  const box = world.host("box");
  const promises = installApps(world, box);
  const parts = { apps: chance(world.random, 0.7), feed: chance(world.random, 0.4) };
  const peer = parts.feed ? new Peer(world) : undefined;
  const stopsEarly = chance(world.random, 0.4);
  for (;;) {
    let program: Program | undefined;
    const life = box.run((machine) => {
      program = new Program(world, machine, promises, parts.apps, peer);
      return program.live(stopsEarly ? whole(machine.random, 0, faultsMs) : Number.POSITIVE_INFINITY);
    });
    const withinMs = chance(world.random, 0.3) ? faultsMs : 60_000;
    world.faults.plan("kill", { withinMs, inject: () => life.kill() });
    const end = await life.ended;
    program?.forget();
    if (end.kind === "failed") throw end.error;
    if (end.kind === "completed") {
      world.assert("I12", life.pending === 0, `${life.pending} timers are left after the stop`);
      return;
    }
    world.mark("the program was killed, and runs anew");
  }
};

class Program {
  readonly #world: World;
  readonly #machine: Machine;
  readonly #apps: Apps | undefined;
  readonly #feed: Feed | undefined;
  readonly #layouts = new Map<string, Layout>();
  readonly #supervisor: Supervisor;
  readonly #watch: TreeWatch;
  readonly #stopBudgetMs: number;
  readonly #excused: Excused = { stopped: new Set() };
  readonly #answers = new Set<string>();
  #offs: (() => void)[] = [];
  #asked = 0;

  constructor(world: World, machine: Machine, promises: Promises, hasApps: boolean, peer: Peer | undefined) {
    this.#world = world;
    this.#machine = machine;
    const { clock, random } = machine;
    this.#apps = hasApps ? new Apps(world, machine, promises) : undefined;
    this.#feed = peer && new Feed(world, machine, peer);
    const more = [
      ...(this.#apps ? [this.#apps.spec] : []),
      ...(this.#feed ? [this.#feed.spec] : []),
      ...(chance(random, 0.4) ? [jobsSpec(world, machine)] : []),
    ];
    const options = drawSupervisor(world, clock, random, this.#layouts, "", more);
    // Below it is what no part needs for its own stop.
    this.#stopBudgetMs = pick(random, [Infinity, Infinity, 400, 1_000]);
    if (this.#stopBudgetMs < Infinity) {
      for (const [key, layout] of this.#layouts) this.#layouts.set(key, { ...layout, hasBudget: true });
    }
    this.#watch = new TreeWatch(world, clock, this.#layouts);
    this.#supervisor = new Supervisor({ ...options, stopBudgetMs: this.#stopBudgetMs });
    this.#supervisor.subscribe((event) => {
      const name =
        "id" in event ? event.id : event.type === "supervisor-stopped" ? event.exit.kind : event.component;
      world.note(`${[...event.path, name].join("/")} ${event.type}`);
      this.#watch.onEvent(event);
    });
  }

  async live(stopAtMs: number): Promise<void> {
    const world = this.#world;
    const { clock } = this.#machine;
    this.#offs = [
      world.invariant("the tree", () => this.#watch.complaint()),
      world.invariant("I10 a wake or a period brings a pull", () => this.#feed?.complaint()),
    ];
    const store = this.#apps?.store;
    const mirrors = store
      ? [mirror(world, this.#machine, store, 0), mirror(world, this.#machine, store, 60)]
      : [];
    for (const app of store ? appNames : []) store?.set(app, "stopped");
    this.#planActs();
    this.#ask("start", this.#supervisor.start());
    await this.#endsWithin(Math.min(stopAtMs, faultsMs));
    const early = stopAtMs < faultsMs;
    if (!early) {
      world.faults.end();
      await this.#endsWithin(settleMs);
      this.#expectAtRest();
    } else world.mark("a stop in the thick of it");
    await this.#stop();
    store?.close();
    await clock.sleep(afterMs);
    for (const compare of mirrors) compare();
    world.faults.end();
    world.assert("I6", this.#answers.size === 0, () => `never answered: ${[...this.#answers].join(", ")}`);
  }

  /** The program is gone: nothing more is expected of it. */
  forget(): void {
    for (const off of this.#offs) off();
  }

  async #endsWithin(ms: number): Promise<void> {
    using token = new ShutdownToken();
    const ended = this.#supervisor.done.then(() => token.cancel({ kind: "requested-by-run" }));
    await Promise.race([this.#machine.clock.sleep(ms, token), ended]);
  }

  async #stop(): Promise<void> {
    const world = this.#world;
    const { clock } = this.#machine;
    const { state } = this.#supervisor.snapshot();
    const asked = clock.monotonic();
    const exit = await this.#supervisor.stop({ kind: "user-requested" });
    const tookMs = clock.monotonic() - asked;
    const budgetMs = Math.min(this.#stopBudgetMs, this.#worstMs());
    world.assert("I4", tookMs <= budgetMs + 1e-6, `the stop took ${tookMs} ms of ${budgetMs}`);
    world.mark(`a tree ended: ${exit.kind}`);
    if (state === "stopped") world.mark("a tree ended by itself");
    this.#expectNothingLeft(exit);
  }

  /** A change in hand may have to stop every child first, and a failed start its own; then the stop does. */
  #worstMs(): number {
    let count = 2;
    for (const { children } of this.#layouts.values()) count += children.length + 3;
    return 2 * 200 * count;
  }

  #expectNothingLeft({ left }: SupervisorExit): void {
    for (const [key, { leaves }] of this.#layouts) {
      for (const { id, live } of leaves.values()) {
        const lives = live.some(({ isLeft }) => !isLeft);
        const named = left.includes(key === "" ? id : (key.split("/")[0] ?? ""));
        this.#world.assert("I12", !lives || named, `${key}/${id} lives on after the stop, and is not named`);
      }
    }
  }

  #expectAtRest(): void {
    const { state } = this.#supervisor.snapshot();
    if (state === "stopped") return;
    const { assert, mark } = {
      assert: this.#world.assert.bind(this.#world),
      mark: this.#world.mark.bind(this.#world),
    };
    assert("I6", state === "running", `the tree is ${state} when all faults are over`);
    mark("a tree came to rest");
    this.#expectUp("", this.#supervisor.snapshot());
    assert("I6", !this.#apps?.underWay.length, () => `operations never ended: ${this.#apps?.underWay}`);
    const living = new Set(this.#world.host("box").processes.living.map(({ cookie }) => cookie));
    for (const app of this.#apps ? (["web", "deaf"] as const) : []) {
      const is = living.has(app) ? "running" : "stopped";
      const told = this.#apps?.store.get(app);
      assert("I6", told === is, `${app} is ${is}, and the store says ${told}`);
    }
  }

  #expectUp(key: string, { children }: TreeSnapshot): void {
    for (const { id, restart, state, tree } of children) {
      const path = key === "" ? id : `${key}/${id}`;
      const isDue = restart === "permanent" && !this.#excused.stopped.has(id);
      this.#world.assert("I6", !isDue || state === "running", `${path} is ${state}, and nobody stopped it`);
      if (tree) this.#expectUp(path, tree);
    }
  }

  #planActs(): void {
    const { faults } = this.#world;
    const withinMs = faultsMs;
    const leaves = () => [...this.#layouts.values()].flatMap((layout) => [...layout.leaves.values()]);
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
        if (leaf && verdict) this.#excused.stopped.add(leaf.id);
      },
    });
    faults.plan("change", {
      atMost: 5,
      withinMs,
      inject: (random) => this.#change(pick(random, this.#targets())),
    });
    const actions = ["start", "start", "stop", "restart"] as const;
    for (const app of this.#apps ? appNames : []) {
      const ask = (random: Machine["random"]) => this.#apps?.ask(app, pick(random, actions));
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

  #targets(): [Leaf, ...Leaf[]] {
    const { clock, random } = this.#machine;
    const own = [...(this.#layouts.get("")?.leaves.values() ?? [])];
    return [new Leaf(`d${this.#asked}`, this.#world, clock, random), ...own];
  }

  #change(leaf: Leaf): void {
    const { id } = leaf;
    const supervisor = this.#supervisor;
    const { children } = supervisor.snapshot();
    const child = children.find((one) => one.id === id);
    const watch = this.#watch;
    if (!child) {
      watch.watch("", leaf);
      watch.wanted("", id);
      this.#world.mark("a child was added");
      const failed = (error: unknown) => {
        watch.forget("", id);
        throw error;
      };
      this.#ask(`startChild ${id}`, supervisor.startChild(leaf.spec).catch(failed));
      return;
    }
    if (child.state === "stopped" && leaf.spec.restart !== "temporary") {
      if (this.#asked % 2 === 0) {
        this.#excused.stopped.delete(id);
        watch.wanted("", id);
        const failed = () => this.#excused.stopped.add(id);
        this.#ask(`restartChild ${id}`, supervisor.restartChild(id).catch(failed));
      } else {
        this.#ask(
          `deleteChild ${id}`,
          supervisor.deleteChild(id).then(() => watch.forget("", id)),
        );
      }
      return;
    }
    if (child.state === "restarting") this.#world.mark("a stop during a backoff");
    this.#excused.stopped.add(id);
    this.#ask(
      `stopChild ${id}`,
      supervisor.stopChild(id).then(() => watch.held("", id)),
    );
  }

  #ask(what: string, answer: Promise<unknown>): void {
    const name = `${what} (${++this.#asked})`;
    this.#answers.add(name);
    answer.then(
      () => this.#answers.delete(name),
      (error: unknown) => {
        this.#answers.delete(name);
        this.#world.assert("I6", error instanceof HoldfastError, `${name} was answered by ${String(error)}`);
      },
    );
  }
}
