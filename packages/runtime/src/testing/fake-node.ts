import type { Clock } from "../clock.ts";
import type { Hook, Lifecycle, ReloadContext, RunContext, StartContext, StopContext } from "../lifecycle.ts";

/** What a hook of a fake node does instead of returning at once. */
export type Order =
  | { readonly kind: "fail"; readonly error?: Error }
  /** Throws synchronously, before there is a promise. */
  | { readonly kind: "throw"; readonly error?: Error }
  | { readonly kind: "delay"; readonly ms: number }
  /** Never ends, whatever happens: the hook that ignores a stop. */
  | { readonly kind: "hang" }
  /** `run` only: ends by itself instead of waiting for the shutdown. */
  | { readonly kind: "complete" };

/** What each hook does; those that are not named return at once, and `run` at the shutdown. */
export type Orders = { readonly [H in Hook]?: Order };

/**
 * A lifecycle for tests, told per hook to fail, delay or hang. `calls` lists the hooks in the order they
 * were entered, `contexts` what each was given.
 */
export class FakeNode implements Lifecycle {
  readonly calls: Hook[] = [];
  readonly contexts: Partial<Record<Hook, RunContext>> = {};
  /** What each reload was given. */
  readonly configs: unknown[] = [];
  readonly #clock: Clock;
  readonly #orders: Orders;

  constructor(clock: Clock, orders: Orders = {}) {
    this.#clock = clock;
    this.#orders = orders;
  }

  preStart(ctx: StartContext): Promise<void> {
    return this.#obey("preStart", ctx);
  }

  onStart(ctx: StartContext): Promise<void> {
    return this.#obey("onStart", ctx);
  }

  run(ctx: RunContext): Promise<void> {
    return this.#obey("run", ctx);
  }

  reload(config: unknown, ctx: ReloadContext): Promise<void> {
    this.configs.push(config);
    return this.#obey("reload", ctx);
  }

  onStop(ctx: StopContext): Promise<void> {
    return this.#obey("onStop", ctx);
  }

  postStop(ctx: StopContext): Promise<void> {
    return this.#obey("postStop", ctx);
  }

  // Not async, so that `throw` really throws in the caller's turn.
  #obey(hook: Hook, ctx: RunContext): Promise<void> {
    this.calls.push(hook);
    this.contexts[hook] = ctx;
    const order = this.#orders[hook];
    if (order?.kind === "throw") throw order.error ?? new Error(`${hook} throws`);
    return this.#later(hook, ctx, order);
  }

  async #later(hook: Hook, ctx: RunContext, order: Order | undefined): Promise<void> {
    if (!order) {
      if (hook === "run") await ctx.shutdown.cancelled;
      return;
    }
    switch (order.kind) {
      case "fail":
      case "throw":
        throw order.error ?? new Error(`${hook} fails`);
      case "delay":
        await this.#clock.sleep(order.ms);
        return;
      case "hang":
        return new Promise(() => {});
      case "complete":
        return;
    }
  }
}
