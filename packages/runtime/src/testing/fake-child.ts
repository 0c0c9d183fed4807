import type { ChildContext, ChildSpec } from "../child-spec.ts";
import type { Clock } from "../clock.ts";
import { ShutdownToken } from "../shutdown.ts";

/** How a fake child behaves beyond running until it is told to end. */
export interface FakeChildOptions extends Partial<Omit<ChildSpec, "id" | "start">> {
  readonly clock?: Clock;
  /** How long it takes to end once its token is cancelled; `Infinity` ignores the stop. Needs `clock`. */
  readonly stopMs?: number;
  /** Written to as things happen: `start a`, `stop a`, `end a`. Share one between children to see their order. */
  readonly log?: string[];
}

/**
 * A child for tests of a supervisor: it runs until `crash`, `complete` or a stop, and can be told to fail
 * its next starts.
 */
export class FakeChild {
  readonly spec: ChildSpec;
  readonly log: string[];
  /** Its runs that have not ended, newest last: more than one means two lived at once. */
  readonly live: ChildContext[] = [];
  starts = 0;
  #failingStarts = 0;
  #startError: unknown;
  readonly #ends = new Map<ChildContext, PromiseWithResolvers<unknown>>();
  readonly #options: FakeChildOptions;

  constructor(id: string, options: FakeChildOptions = {}) {
    const { clock: _clock, stopMs: _stopMs, log = [], ...spec } = options;
    this.#options = options;
    this.log = log;
    this.spec = { ...spec, id, start: (ctx) => this.#run(ctx) };
  }

  get isRunning(): boolean {
    return this.live.length > 0;
  }

  /** The next `count` starts fail, before the child is ready. */
  failStarts(count: number, error: unknown = new Error(`${this.spec.id} does not start`)): void {
    this.#failingStarts = count;
    this.#startError = error;
  }

  /** Says that the newest run is ready, for `ready: "told"`. */
  ready(): void {
    this.live.at(-1)?.ready();
  }

  /** Ends the newest run with an error. */
  crash(error: unknown = new Error(`${this.spec.id} crashed`)): void {
    this.#newest().reject(error);
  }

  /** Ends the newest run without one; `value` may be a verdict. */
  complete(value?: unknown): void {
    this.#newest().resolve(value);
  }

  async #run(ctx: ChildContext): Promise<unknown> {
    const { log } = this;
    this.starts++;
    if (this.#failingStarts > 0) {
      this.#failingStarts--;
      log.push(`fail ${ctx.id}`);
      throw this.#startError;
    }
    log.push(`start ${ctx.id}`);
    this.live.push(ctx);
    const end = Promise.withResolvers<unknown>();
    this.#ends.set(ctx, end);
    const over = new ShutdownToken();
    ctx.token.onCancel(() => void this.#stop(ctx, end, over));
    try {
      return await end.promise;
    } finally {
      log.push(`end ${ctx.id}`);
      this.live.splice(this.live.indexOf(ctx), 1);
      this.#ends.delete(ctx);
      over.cancel({ kind: "requested-by-run" });
    }
  }

  async #stop(ctx: ChildContext, end: PromiseWithResolvers<unknown>, over: ShutdownToken): Promise<void> {
    const { clock, stopMs = 0 } = this.#options;
    this.log.push(`stop ${ctx.id}`);
    if (stopMs === Number.POSITIVE_INFINITY) return;
    if (stopMs > 0) await clock?.sleep(stopMs, over);
    end.resolve(undefined);
  }

  #newest(): PromiseWithResolvers<unknown> {
    const ctx = this.live.at(-1);
    const end = ctx && this.#ends.get(ctx);
    if (!end) throw new TypeError(`${this.spec.id} is not running`);
    return end;
  }
}
