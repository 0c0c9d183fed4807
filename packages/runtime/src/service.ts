import { isAbortError } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type ExitReason, type ExitStatus, exitStatus } from "./exit-status.ts";
import type { Hook, HookTimeouts, Lifecycle, ServiceHandle, StartContext, StopContext } from "./lifecycle.ts";
import { type Reloads, reloads } from "./reload.ts";
import {
  combined,
  deadlineExceeded,
  hookFailed,
  hookTimedOut,
  type Pending,
  type Phase,
  ServiceError,
} from "./service-error.ts";
import { ShutdownToken } from "./shutdown.ts";
import { gatedPeerApi, gatedRpcApi, type PeerApi, type RpcApi } from "./surfaces.ts";
import { TaskRegistry } from "./tasks.ts";
import { watch } from "./watch.ts";

export interface ServiceOptions {
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly peerApi?: PeerApi;
  readonly rpcApi?: Partial<RpcApi>;
  /** From the moment the shutdown is asked to the end of `postStop`, all phases together. Default 10,000. */
  readonly stopBudgetMs?: number;
  /** Default: 30,000 for `preStart`, `onStart` and `reload`; the stop budget alone for the others. */
  readonly hookTimeoutsMs?: HookTimeouts;
  /** The service stops when this token is cancelled. */
  readonly shutdown?: ShutdownToken;
  readonly clock?: Clock;
}

/**
 * new → starting → running → stopping → stopped
 *       starting → unwinding → stopped          the start failed, or the shutdown came first
 */
type LiveKind = "starting" | "running" | "stopping" | "unwinding";

type State =
  | { readonly kind: "new" }
  | { readonly kind: LiveKind; readonly phase: Phase; readonly since: number }
  | { readonly kind: "stopped"; readonly status: ExitStatus };

/** `left`: it gave up because of the shutdown, or was left behind by it. */
type HookEnd =
  | { readonly kind: "completed" | "left" }
  | { readonly kind: "failed"; readonly error: ServiceError };

/** How far the service came, and which hooks that leaves to run. */
interface Rise {
  readonly reason: ExitReason;
  readonly due: "nothing" | "postStop" | "onStop";
}

const order: readonly Phase[] = ["preStart", "onStart", "run", "tasks", "onStop", "postStop"];
const ownLimitMs = 30_000;

/**
 * A program's lifecycle: preStart → onStart → run → tasks joined → onStop → postStop, once.
 * Constructing one does no I/O and starts nothing.
 *
 * 1. `preStart` failed: nothing else runs. `onStart` failed: tasks are joined and `postStop` runs.
 * 2. Once `onStart` is done, `onStop` and `postStop` run whatever happens in between.
 * 3. From the shutdown on, one budget is left; each phase may use what the later ones do not need, and a
 *    tenth of the budget is kept for each of those. A hook that overruns is left behind and named.
 * 4. A shutdown asked before `run` skips what has not begun: before `start`, everything.
 */
export class Service {
  readonly name: string;
  /** The live surfaces: no call gets through before `onStart` is done nor after `onStop` begins. */
  readonly rpcApi: RpcApi;
  readonly peerApi: Required<PeerApi>;
  readonly #lifecycle: Lifecycle;
  readonly #budgetMs: number;
  readonly #limits: HookTimeouts;
  readonly #clock: Clock;
  readonly #shutdown: ShutdownToken;
  readonly #tasks: TaskRegistry;
  readonly #running = Promise.withResolvers<boolean>();
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly #overran: Pending[] = [];
  readonly #reloads: Reloads;
  readonly #handle: ServiceHandle;
  #state: State = { kind: "new" };
  #stopBy = Number.POSITIVE_INFINITY;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#lifecycle = options.lifecycle;
    this.#budgetMs = options.stopBudgetMs ?? 10_000;
    this.#limits = { preStart: ownLimitMs, onStart: ownLimitMs, ...options.hookTimeoutsMs };
    this.#clock = options.clock ?? systemClock;
    this.#shutdown = new ShutdownToken(options.shutdown);
    this.#tasks = new TaskRegistry(this.#shutdown, { clock: this.#clock });
    const isOpen = () => this.#state.kind === "running";
    this.rpcApi = gatedRpcApi(options.rpcApi ?? {}, isOpen);
    this.peerApi = gatedPeerApi(options.peerApi ?? {}, isOpen);
    this.#reloads = reloads(
      this.name,
      this.#lifecycle,
      this.#limits.reload ?? ownLimitMs,
      this.#tasks,
      this.#clock,
      () => isOpen() && !this.#shutdown.isCancelled,
    );
    this.#handle = this.#makeHandle();
  }

  handle(): ServiceHandle {
    return this.#handle;
  }

  /**
   * Runs the whole lifecycle; resolves when it has ended. Rejects with a `ServiceError`: `ALREADY_RUNNING`,
   * `ALREADY_STOPPED`, or what failed first: `PRE_START_FAILED`, `ON_START_FAILED`, `RUN_FAILED`,
   * `SHUTDOWN_DEADLINE_EXCEEDED` (with who is pending), `ON_STOP_FAILED`, `POST_STOP_FAILED`.
   */
  async start(): Promise<ExitStatus> {
    this.#claim();
    const status = await this.#drive();
    this.#state = { kind: "stopped", status };
    this.#reloads.end();
    this.#running.resolve(false);
    this.#exit.resolve(status);
    if (status.error) throw status.error;
    return status;
  }

  /** Asks for the shutdown and joins it, if the service was ever started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#handle.requestShutdown({ kind: "requested-by-run", message: "disposed" });
    if (this.#state.kind !== "new") await this.#exit.promise;
  }

  #claim(): void {
    const { kind } = this.#state;
    if (kind !== "new") {
      const code = kind === "stopped" ? "ALREADY_STOPPED" : "ALREADY_RUNNING";
      const message = `${this.name} ${kind === "stopped" ? "has run" : "runs"} already; a service runs once`;
      throw new ServiceError(code, message, { details: { service: this.name } });
    }
    this.#enter("starting", "preStart");
    this.#shutdown.onCancel(() => {
      this.#stopBy = this.#clock.monotonic() + this.#budgetMs;
    });
  }

  async #drive(): Promise<ExitStatus> {
    const errors: ServiceError[] = [];
    const { reason, due } = await this.#rise(errors);
    this.#shutdown.cancel(
      "error" in reason ? { kind: "fatal", error: reason.error } : { kind: "requested-by-run" },
    );
    const kind = due === "onStop" ? "running" : "unwinding";
    await this.#join(kind, "tasks");
    if (due !== "nothing") {
      const ctx: StopContext = { shutdown: this.#shutdown, tasks: this.#tasks, exitReason: reason };
      for (const phase of due === "onStop" ? (["onStop", "postStop"] as const) : (["postStop"] as const)) {
        const kind = due === "onStop" ? "stopping" : "unwinding";
        const end = await this.#hook(kind, phase, this.#lifecycle[phase], ctx);
        if (end.kind === "failed") errors.push(end.error);
        await this.#join(kind, phase);
      }
    }
    if (this.#overran.length > 0) {
      // Before the stop hooks' failures, which it may well explain, and after what caused the stop.
      const at = "error" in reason ? 1 : 0;
      errors.splice(at, 0, deadlineExceeded(this.name, this.#budgetMs, this.#overran));
    }
    return exitStatus(reason, combined(errors));
  }

  async #rise(errors: ServiceError[]): Promise<Rise> {
    const [shutdown, tasks] = [this.#shutdown, this.#tasks];
    const asked = (): ExitReason | undefined =>
      shutdown.reason && { kind: "requested", reason: shutdown.reason };
    const before = asked();
    if (before) return { reason: before, due: "nothing" };

    for (const phase of ["preStart", "onStart"] as const) {
      const ctx: StartContext = { name: this.name, shutdown, tasks };
      const end = await this.#hook("starting", phase, this.#lifecycle[phase], ctx);
      if (end.kind === "failed") {
        errors.push(end.error);
        const reason: ExitReason = { kind: "start-failed", error: end.error.cause };
        return { reason, due: phase === "preStart" ? "nothing" : "postStop" };
      }
      const reason = asked();
      if (reason) {
        const risen = phase === "onStart" && end.kind === "completed";
        return { reason, due: risen ? "onStop" : "postStop" };
      }
    }

    const end = await this.#hook("running", "run", this.#lifecycle.run, { shutdown, tasks });
    if (end.kind === "failed") {
      errors.push(end.error);
      return { reason: { kind: "run-failed", error: end.error.cause }, due: "onStop" };
    }
    return { reason: asked() ?? { kind: "run-completed" }, due: "onStop" };
  }

  async #hook<C>(
    kind: LiveKind,
    phase: Exclude<Hook, "reload">,
    call: ((ctx: C) => void | Promise<void>) | undefined,
    ctx: C,
  ): Promise<HookEnd> {
    if (!call) return { kind: "completed" };
    const since = this.#enter(kind, phase);
    const ownMs = this.#limits[phase] ?? Number.POSITIVE_INFINITY;
    const end = await watch(this.#clock, (async () => call.call(this.#lifecycle, ctx))(), this.#shutdown, {
      limitMs: phase === "run" ? Number.POSITIVE_INFINITY : ownMs,
      budgetMs: () => Math.min(this.#allowance(phase), phase === "run" ? ownMs : Number.POSITIVE_INFINITY),
    });
    switch (end.kind) {
      case "completed":
        return { kind: "completed" };
      case "failed":
      case "timed-out": {
        const cause = end.kind === "failed" ? end.error : hookTimedOut(this.name, phase, ownMs);
        const mayLeave = kind === "starting" || kind === "running";
        if (mayLeave && this.#shutdown.isCancelled && isAbortError(cause)) return { kind: "left" };
        return { kind: "failed", error: hookFailed(this.name, phase, cause) };
      }
      case "out-of-budget":
        this.#overran.push({ phase, name: phase, kind: "hook", ageMs: this.#clock.monotonic() - since });
        return { kind: "left" };
    }
  }

  async #join(kind: LiveKind, phase: Phase): Promise<void> {
    if (this.#tasks.size === 0) return;
    this.#enter(kind, "tasks");
    const { laggards } = await this.#tasks.joinAll(this.#allowance(phase));
    for (const { name, kind, ageMs } of laggards) this.#overran.push({ phase: "tasks", name, kind, ageMs });
  }

  #allowance(phase: Phase): number {
    const later = order
      .slice(order.indexOf(phase) + 1)
      .filter((p) => p === "tasks" || (p.endsWith("Stop") && this.#lifecycle[p as Hook]));
    return Math.max(0, this.#stopBy - this.#clock.monotonic() - (later.length * this.#budgetMs) / 10);
  }

  #enter(kind: LiveKind, phase: Phase): number {
    const since = this.#clock.monotonic();
    this.#state = { kind, phase, since };
    if (kind === "running" && phase === "run") this.#running.resolve(true);
    return since;
  }

  #makeHandle(): ServiceHandle {
    const isRunning = () => this.#state.kind === "running" || this.#state.kind === "stopping";
    return {
      name: this.name,
      get isRunning() {
        return isRunning();
      },
      requestShutdown: (reason = { kind: "user-requested" }) => this.#shutdown.cancel(reason),
      reload: (config) => this.#reloads.request(config),
      tasks: () => this.#tasks.snapshot(),
      pending: () => this.#pending(),
      waitUntilRunning: () => this.#running.promise,
      waitForExit: () => this.#exit.promise,
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  #pending(): Pending[] {
    const state = this.#state;
    if (state.kind === "new" || state.kind === "stopped") return [];
    const { phase, since } = state;
    const ageMs = this.#clock.monotonic() - since;
    return [
      ...this.#overran,
      ...(phase === "tasks" ? [] : [{ phase, name: phase, kind: "hook" as const, ageMs }]),
      ...this.#tasks
        .snapshot()
        .map(({ name, kind, ageMs }) => ({ phase: "tasks" as const, name, kind, ageMs })),
    ];
  }
}
