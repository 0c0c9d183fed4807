import { isAbortError } from "./abort.ts";
import { type ChildContext, type ChildSpec, defaultStop, isVerdict } from "./child-spec.ts";
import type { Clock } from "./clock.ts";
import type { ChildExit } from "./policy.ts";
import { type ShutdownReason, ShutdownToken } from "./shutdown.ts";
import type { Supervisor } from "./supervisor.ts";
import { watch } from "./watch.ts";

/**
 * stopped → starting → running → stopping → stopped
 *           starting | running → restarting → starting
 * Only the supervisor that holds the child moves it. `until` is monotonic ms.
 */
export type ChildState =
  | { readonly kind: "starting" | "running" | "stopping"; readonly run: Run }
  | { readonly kind: "restarting"; readonly until: number }
  /** `held`: somebody asked for it, so a restart of its siblings leaves it alone. */
  | { readonly kind: "stopped"; readonly held: boolean };

/** A child as its supervisor holds it: what it should be, and how far it is. */
export class Child {
  readonly spec: ChildSpec;
  state: ChildState = { kind: "stopped", held: false };
  lastExit: ChildExit | undefined;
  runs = 0;
  /** Restarts in a row, for the backoff. */
  attempt = 0;

  constructor(spec: ChildSpec) {
    this.spec = spec;
  }

  get id(): string {
    return this.spec.id;
  }

  get run(): Run | undefined {
    return "run" in this.state ? this.state.run : undefined;
  }
}

/** How waiting for a child to become ready ended. */
export type StartEnd =
  | { readonly kind: "ready" | "interrupted" }
  | { readonly kind: "ended"; readonly exit: ChildExit }
  | { readonly kind: "failed"; readonly error: unknown };

/** One run of a child, from its start to its end. Nothing of it ever rejects. */
export class Run {
  readonly token: ShutdownToken = new ShutdownToken();
  readonly startedAt: number;
  readonly exit: Promise<ChildExit>;
  nested: Supervisor | undefined;
  readonly #ready = Promise.withResolvers<StartEnd>();
  readonly #clock: Clock;

  constructor(spec: ChildSpec, run: number, clock: Clock, onNest: (supervisor: Supervisor) => void) {
    this.#clock = clock;
    this.startedAt = clock.monotonic();
    const { id, token } = { id: spec.id, token: this.token };
    const isReady = () => this.#ready.resolve({ kind: "ready" });
    const nest = (supervisor: Supervisor) => {
      this.nested = supervisor;
      onNest(supervisor);
    };
    const ctx: ChildContext = { id, token, run, ready: isReady, nest };
    // An async function, so that a synchronous throw too is the child's failure and nobody else's.
    this.exit = (async () => spec.start(ctx))().then(
      (value) => this.#ended(value),
      (error: unknown) => this.#failed(error),
    );
    if (spec.ready === undefined) isReady();
    else if (spec.ready !== "told") this.#probe(spec.ready);
  }

  /** Waits until the child is ready, ends, or runs out of time, or `interrupt` is cancelled. */
  started(limitMs: number, interrupt: ShutdownToken): Promise<StartEnd> {
    return new Promise((resolve) => {
      const settle = (end: StartEnd) => {
        this.#clock.clearTimeout(timer);
        off();
        resolve(end);
      };
      const error = () => new Error(`not ready after ${limitMs} ms`);
      const timer =
        limitMs < Number.POSITIVE_INFINITY
          ? this.#clock.setTimeout(() => settle({ kind: "failed", error: error() }), limitMs)
          : undefined;
      const off = interrupt.onCancel(() => queueMicrotask(() => settle({ kind: "interrupted" })));
      void this.#ready.promise.then(settle);
      void this.exit.then((exit) => settle({ kind: "ended", exit }));
    });
  }

  /**
   * Cancels the run and waits for its end, but no longer than its deadline or `atMostMs`, or until `cut` is
   * cancelled; then it is left behind.
   */
  end(spec: ChildSpec, reason: ShutdownReason, atMostMs: number, cut: ShutdownToken): Promise<ChildExit> {
    const { stop = defaultStop } = spec;
    const killed: ChildExit = { kind: "killed", reason };
    this.token.cancel(reason);
    if (stop === "brutal") return Promise.resolve(killed);
    const limitMs = Math.min(atMostMs, stop === "infinity" ? Number.POSITIVE_INFINITY : stop.timeoutMs);
    return watch(this.#clock, this.exit, cut, { limitMs, budgetMs: () => 0 }).then((end) =>
      end.kind === "completed" ? this.exit : killed,
    );
  }

  #probe(ready: (token: ShutdownToken) => Promise<unknown>): void {
    // A probe must not outlive what it asks about.
    const token = this.token.childToken();
    void this.exit.then(() => token.cancel({ kind: "requested-by-run", message: "the child has ended" }));
    (async () => ready(token))().then(
      () => this.#ready.resolve({ kind: "ready" }),
      (error: unknown) => this.#ready.resolve({ kind: "failed", error }),
    );
  }

  #ended(value: unknown): ChildExit {
    const { reason } = this.token;
    const verdict = isVerdict(value) ? { verdict: value } : {};
    return reason ? { kind: "stopped", reason, ...verdict } : { kind: "completed", ...verdict };
  }

  #failed(error: unknown): ChildExit {
    const { reason } = this.token;
    return reason && isAbortError(error) ? { kind: "stopped", reason } : { kind: "failed", error };
  }
}
