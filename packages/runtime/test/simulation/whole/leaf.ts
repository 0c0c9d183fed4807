import type { ChildContext, ChildSpec, Clock, Random, ShutdownReason } from "../../../src/index.ts";
import type { World } from "../../../src/testing/index.ts";
import { chance, pick } from "./draw.ts";

/** One run of a leaf that has not ended. */
export interface LeafRun {
  readonly run: number;
  /** It said that it is ready, or never has to. */
  isReady: boolean;
  cancelledAt: number | undefined;
  isOver: boolean;
  /** Its supervisor gave it up. */
  isLeft: boolean;
  readonly end: PromiseWithResolvers<unknown>;
}

/** A child with a character drawn from the seed: it may be slow to start, hang, crash, and ignore a stop. */
export class Leaf {
  readonly id: string;
  readonly spec: ChildSpec;
  readonly live: LeafRun[] = [];
  /** Called as a run is told to end. */
  onCancel: (run: LeafRun, reason: ShutdownReason) => void = () => {};
  readonly #world: World;
  readonly #clock: Clock;
  readonly #stopMs: number;
  readonly #readyMs: number;

  constructor(id: string, world: World, clock: Clock, random: Random) {
    this.id = id;
    this.#world = world;
    this.#clock = clock;
    const stop = pick(random, [{ timeoutMs: 50 }, { timeoutMs: 50 }, "infinity", "brutal"] as const);
    this.#stopMs =
      typeof stop === "object" ? pick(random, [0, 0, 0, 10, 49, 200, Infinity]) : pick(random, [0, 0, 40]);
    this.#readyMs = pick(random, [0, 0, 5, 20]);
    const restart = pick(random, ["permanent", "permanent", "transient", "temporary"] as const);
    const ready = pick(random, ["at once", "at once", "told", "probe"] as const);
    this.spec = {
      id,
      restart,
      stop,
      start: (ctx) => this.#run(ctx),
      ...(restart !== "permanent" && { significant: chance(random, 0.2) }),
      ...(ready === "told" && { ready: "told" }),
      ...(ready === "probe" && { ready: () => this.#becomeReady(() => {}) }),
      ...(ready !== "at once" && { startTimeoutMs: 30 }),
      ...(chance(random, 0.6) && {
        backoff: {
          initialMs: pick(random, [10, 40]),
          factor: 2,
          maxMs: 160,
          jitter: pick(random, ["none", "none", "equal"]),
          resetAfterMs: 300,
        },
      }),
    };
  }

  /** The newest run, if it can still end by itself. */
  get newest(): LeafRun | undefined {
    const run = this.live.at(-1);
    return run?.cancelledAt === undefined ? run : undefined;
  }

  async #run(ctx: ChildContext): Promise<unknown> {
    const { faults } = this.#world;
    const { ready } = this.spec;
    const run: LeafRun = {
      run: ctx.run,
      isReady: ready === undefined,
      cancelledAt: undefined,
      isOver: false,
      isLeft: false,
      end: Promise.withResolvers(),
    };
    this.live.push(run);
    ctx.token.onCancel((reason) => this.#cancelled(run, reason));
    try {
      if (faults.strikes("start fails", 0.04)) throw new Error(`${this.id} does not start`);
      if (ready === "told") void this.#becomeReady(ctx.ready);
      return await run.end.promise;
    } finally {
      run.isOver = true;
      this.live.splice(this.live.indexOf(run), 1);
    }
  }

  async #becomeReady(tell: () => void): Promise<void> {
    const run = this.live.at(-1);
    if (this.#world.faults.strikes("start hangs", 0.06)) {
      this.#world.mark("a start hung");
      await new Promise(() => {});
    }
    await this.#clock.sleep(this.#readyMs);
    if (!run || run.isOver) return;
    run.isReady = true;
    tell();
  }

  #cancelled(run: LeafRun, reason: ShutdownReason): void {
    run.cancelledAt = this.#clock.monotonic();
    this.onCancel(run, reason);
    if (this.#stopMs === 0) run.end.resolve(undefined);
    else if (this.#stopMs === Number.POSITIVE_INFINITY) this.#world.mark("a stop was ignored");
    else this.#clock.setTimeout(() => run.end.resolve(undefined), this.#stopMs);
  }
}
