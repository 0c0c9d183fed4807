import { ShutdownToken, Supervisor, type SupervisorExit, type TreeSnapshot } from "../../../src/index.ts";
import type { Machine, World } from "../../../src/testing/index.ts";
import { Acts } from "./acts.ts";
import { Apps, appNames, type Promises } from "./apps.ts";
import { chance, pick } from "./draw.ts";
import { Feed, type Peer } from "./feed.ts";
import { jobsSpec } from "./jobs.ts";
import { mirror } from "./readers.ts";
import { drawSupervisor } from "./tree.ts";
import type { Layout } from "./tree-layout.ts";
import { TreeWatch } from "./tree-watch.ts";

/** How long faults happen, and how long the tree then has to be as it should again. */
export const [faultsMs, settleMs]: readonly [number, number] = [3_000, 3_000];
/** Longer than anything a leaf does after it was left behind, or a slow follower takes to read on. */
const afterMs = 400;

/** What a program is made of, besides its tree. */
export interface Parts {
  readonly promises: Promises;
  readonly hasApps: boolean;
  readonly peer: Peer | undefined;
}

/** One life of the program under simulation, from the start of its tree to nothing left of it. */
export class Program {
  readonly #world: World;
  readonly #machine: Machine;
  readonly #apps: Apps | undefined;
  readonly #feed: Feed | undefined;
  readonly #layouts = new Map<string, Layout>();
  readonly #supervisor: Supervisor;
  readonly #watch: TreeWatch;
  readonly #stopBudgetMs: number;
  readonly #acts: Acts;
  #offs: (() => void)[] = [];

  constructor(world: World, machine: Machine, { promises, hasApps, peer }: Parts) {
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
    this.#stopBudgetMs = pick(random, [Infinity, Infinity, 150, 400]);
    if (this.#stopBudgetMs < Infinity) {
      for (const [key, layout] of this.#layouts) this.#layouts.set(key, { ...layout, hasBudget: true });
    }
    this.#watch = new TreeWatch(world, clock, this.#layouts);
    this.#supervisor = new Supervisor({ ...options, stopBudgetMs: this.#stopBudgetMs });
    this.#acts = new Acts({
      world,
      machine,
      supervisor: this.#supervisor,
      layouts: this.#layouts,
      watch: this.#watch,
      apps: this.#apps,
    });
    this.#supervisor.subscribe((event) => {
      const name =
        "id" in event ? event.id : event.type === "supervisor-stopped" ? event.exit.kind : event.component;
      world.note(`${[...event.path, name].join("/")} ${event.type}`);
      this.#watch.onEvent(event);
    });
  }

  /** Lives, and is told to stop after `stopAtMs`, or once it has been at rest. */
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
    this.#acts.plan(faultsMs);
    this.#acts.ask("start", this.#supervisor.start());
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
    const open = world.network.openOn("box");
    world.assert("I12", open === 0, `${open} connections are open after the stop`);
    world.faults.end();
    const { unanswered } = this.#acts;
    world.assert("I6", unanswered.size === 0, () => `never answered: ${[...unanswered].join(", ")}`);
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
    this.#feed?.expectListening();
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
      const isDue = restart === "permanent" && !this.#acts.excuses(id);
      this.#world.assert("I6", !isDue || state === "running", `${path} is ${state}, and nobody stopped it`);
      if (tree) this.#expectUp(path, tree);
    }
  }
}
