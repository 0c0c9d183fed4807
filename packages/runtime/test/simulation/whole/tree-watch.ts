import type { Clock, SupervisorEvent } from "../../../src/index.ts";
import { HoldfastError } from "../../../src/index.ts";
import type { World } from "../../../src/testing/index.ts";
import type { Leaf, LeafRun } from "./leaf.ts";
import { isOver, type Layout, range, type State } from "./tree-layout.ts";

/** Reads the events of a tree and holds them against what its leaves know: I1, I4, I5, I9, I11. */
export class TreeWatch {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #layouts: ReadonlyMap<string, Layout>;
  readonly #states = new Map<string, State>();
  /** Only the stop of the whole tree leaves supervisors behind, so none of them is started anew. */
  readonly #left: string[] = [];

  constructor(world: World, clock: Clock, layouts: ReadonlyMap<string, Layout>) {
    this.#world = world;
    this.#clock = clock;
    this.#layouts = layouts;
    for (const [key, { leaves }] of layouts) {
      for (const leaf of leaves.values()) this.watch(key, leaf);
    }
    this.#reset("");
  }

  watch(key: string, leaf: Leaf): void {
    this.#layouts.get(key)?.leaves.set(leaf.id, leaf);
    leaf.onCancel = (run, reason) => {
      if (reason.kind === "user-requested") this.#expectReverse(key, leaf, run);
    };
  }

  /** A stop of this child was asked for and done: no backoff binds it; if `forGood`, nobody has asked otherwise since. */
  stopped(key: string, id: string, forGood: boolean): void {
    const state = this.#states.get(key);
    if (forGood) state?.held.add(id);
    const seen = state?.children.get(id);
    if (seen) seen.startsAt = 0;
  }

  /** Somebody asks for a start of this child. */
  wanted(key: string, id: string): void {
    this.#states.get(key)?.held.delete(id);
  }

  /** A child is not part of its supervisor any more. */
  forget(key: string, id: string): void {
    const state = this.#states.get(key);
    if (!state?.order.includes(id)) return;
    state.order.splice(state.order.indexOf(id), 1);
    state.children.delete(id);
  }

  /** For an invariant: what is wrong with the runs of any leaf now. */
  complaint(): string | undefined {
    const now = this.#clock.monotonic();
    for (const [key, { leaves }] of this.#layouts) {
      if (this.#isLeft(key)) continue;
      for (const { id, live, spec } of leaves.values()) {
        let kept = 0;
        for (const { isLeft, cancelledAt } of live) {
          if (isLeft) continue;
          kept++;
          const stop = spec.stop ?? "infinity";
          const limitMs = typeof stop === "object" ? stop.timeoutMs : stop === "brutal" ? 0 : Infinity;
          if (cancelledAt !== undefined && now > cancelledAt + limitMs) {
            return `I4 ${key}/${id} has neither ended nor been left ${now - cancelledAt} ms after its stop`;
          }
        }
        if (kept > 1) return `I1 ${key}/${id} runs ${kept} times at once`;
      }
    }
    return undefined;
  }

  onEvent(event: SupervisorEvent): void {
    const key = event.path.join("/");
    const state = this.#states.get(key);
    if (!state) {
      this.#world.assert("I9", false, `an event of ${key}, which does not run`);
      return;
    }
    switch (event.type) {
      case "child-started":
        this.#started(key, state, event.id);
        return;
      case "child-ready":
        this.#ready(key, state, event.id, event.run);
        return;
      case "child-exited":
        this.#escalated(key, event.id, event.exit.kind);
        if (event.exit.kind === "killed") this.#leftBelow(key === "" ? event.id : `${key}/${event.id}`);
        this.#exited(key, state, event.id, event.run);
        return;
      case "child-restarting":
        this.#restarting(key, state, event.id, event.attempt, event.delayMs);
        return;
      case "runtime-failed":
      case "supervisor-failed":
        this.#failed(key, state, event.error);
        return;
      case "supervisor-stopped":
        state.hasFailed = event.exit.kind === "failed";
        return;
    }
  }

  get #bound() {
    return { assert: this.#world.assert.bind(this.#world), mark: this.#world.mark.bind(this.#world) };
  }

  #reset(key: string): void {
    for (const below of this.#states.keys()) {
      if (below === key || below.startsWith(`${key}/`)) this.#states.delete(below);
    }
    const layout = this.#layouts.get(key);
    if (!layout) return;
    const order = layout.children.map(({ id }) => id);
    this.#states.set(key, {
      layout,
      order,
      restarts: [],
      children: new Map(),
      held: new Set(),
      hasFailed: false,
    });
  }

  #started(key: string, { order, children, layout, held }: State, id: string): void {
    const now = this.#clock.monotonic();
    const { assert } = this.#bound;
    assert("I2", !held.has(id), `${key}: ${id} starts, and was stopped for good`);
    for (const [other, { phase }] of children) {
      // One that decided against running has had its start, and its end is told in its turn.
      const isStarting = phase === "starting" && !isOver(layout, other);
      assert("I9", !isStarting, `${key}: ${id} starts before ${other} is ready`);
    }
    const before = children.get(id);
    const never = order.filter((other) => !children.has(other));
    if (!before && order.includes(id))
      assert("I9", never[0] === id, `${key}: ${id} starts before ${never[0]}`);
    if (!order.includes(id)) order.push(id);
    if (layout.strategy === "one-for-one") {
      const early = (before?.startsAt ?? 0) - now;
      assert("I5", early <= 1e-6, `${key}: ${id} starts ${early} ms before its backoff is over`);
    }
    const attempt = before?.attempt ?? 0;
    children.set(id, { startedAt: now, phase: "starting", attempt, startsAt: 0 });
    this.#reset(key === "" ? id : `${key}/${id}`);
  }

  #ready(key: string, { children, layout }: State, id: string, run: number): void {
    const { assert } = this.#bound;
    const seen = children.get(id);
    if (seen) seen.phase = "ready";
    const known = layout.leaves.get(id)?.live.findLast((live) => live.run === run);
    // A run may end in the very turn in which it became ready.
    if (known) assert("I11", known.isReady, `${key}: ${id} is said to be ready before it was`);
    const below = this.#states.get(key === "" ? id : `${key}/${id}`);
    if (!below) return;
    for (const spec of below.layout.children) {
      // One that may fail to start without consequence.
      if (spec.restart === "temporary") continue;
      const child = below.children.get(spec.id);
      const isUp = child !== undefined && (child.phase !== "starting" || isOver(below.layout, spec.id));
      assert("I11", isUp, `${key}: ${id} is said to be ready before its child ${spec.id} was`);
    }
  }

  #escalated(key: string, id: string, kind: string): void {
    const below = this.#states.get(key === "" ? id : `${key}/${id}`);
    if (!below?.hasFailed) return;
    this.#bound.mark("a failure was escalated");
    this.#bound.assert("I6", kind === "failed", `${key}: ${id} failed, and above it that is ${kind}`);
  }

  /** A supervisor was left behind: it goes on with its stop, and nobody hears of it any more. */
  #leftBelow(key: string): void {
    if (!this.#layouts.has(key)) return;
    this.#bound.mark("a supervisor was left behind");
    this.#left.push(key);
  }

  #isLeft(key: string): boolean {
    return this.#left.some((left) => key === left || key.startsWith(`${left}/`));
  }

  #exited(key: string, { children, layout }: State, id: string, run: number): void {
    const { assert, mark } = this.#bound;
    const now = this.#clock.monotonic();
    const seen = children.get(id);
    const leaf = layout.leaves.get(id);
    if (seen) {
      const { resetAfterMs = Number.POSITIVE_INFINITY } = leaf?.spec.backoff ?? {};
      if (seen.phase === "ready" && now - seen.startedAt >= resetAfterMs) {
        if (seen.attempt > 1) mark("a backoff was reset");
        seen.attempt = 0;
      }
      seen.phase = "ended";
    }
    const known = leaf?.live.findLast((live) => live.run === run);
    if (leaf && known) {
      known.isLeft = true;
      mark("a child was left behind");
      const { stop } = leaf.spec;
      const waited = now - (known.cancelledAt ?? now);
      const hadItsTime = stop === "brutal" || (typeof stop === "object" && waited >= stop.timeoutMs - 1e-6);
      assert("I4", hadItsTime || layout.hasBudget, `${key}: ${id} was left after ${waited} ms`);
    }
    if (layout.leaves.get(id)?.spec.restart === "temporary") this.forget(key, id);
  }

  #restarting(key: string, state: State, id: string, attempt: number, delayMs: number): void {
    const { assert, mark } = this.#bound;
    const { layout, restarts, children } = state;
    const now = this.#clock.monotonic();
    restarts.push(now);
    const recent = restarts.filter((at) => at >= now - layout.periodMs).length;
    const what = `${key}: ${recent} restarts in ${layout.periodMs} ms, ${layout.intensity} are allowed`;
    assert("I5", recent <= layout.intensity, what);
    if (recent === layout.intensity) mark("the last restart of an intensity");
    const seen = children.get(id);
    const backoff = layout.leaves.get(id)?.spec.backoff;
    if (!seen || !backoff) return;
    const wanted = seen.attempt + 1;
    assert("I5", attempt === wanted, `${key}: ${id} is at attempt ${attempt} instead of ${wanted}`);
    const [least, most] = range(backoff, attempt);
    if (most === backoff.maxMs) mark("a backoff reached its cap");
    const between = delayMs >= least && delayMs <= most;
    assert("I5", between, `${key}: ${id} waits ${delayMs} ms instead of ${least} to ${most}`);
    seen.attempt = attempt;
    seen.startsAt = now + delayMs;
  }

  #failed(key: string, { layout, restarts }: State, error: unknown): void {
    if (!(error instanceof HoldfastError)) return;
    const { assert, mark } = this.#bound;
    const now = this.#clock.monotonic();
    if (error.code !== "INTENSITY_EXCEEDED") return;
    const recent = restarts.filter((at) => at >= now - layout.periodMs).length;
    mark("an intensity was exceeded");
    const what = `${key}: gave up after ${recent} restarts, ${layout.intensity} are allowed`;
    assert("I5", recent >= layout.intensity, what);
  }

  #expectReverse(key: string, leaf: Leaf, run: LeafRun): void {
    const state = this.#states.get(key);
    if (!state || state.layout.stopOrder === "together" || run.isLeft || this.#isLeft(key)) return;
    const later = state.order.slice(state.order.indexOf(leaf.id) + 1);
    for (const id of later) {
      const runs = state.layout.leaves.get(id)?.live.some(({ isLeft }) => !isLeft) ?? false;
      this.#world.assert(
        "I9",
        !runs,
        `${key}: ${leaf.id} is stopped before ${id}, which was started after it`,
      );
    }
    this.#world.mark("a stop in reverse order");
  }
}
