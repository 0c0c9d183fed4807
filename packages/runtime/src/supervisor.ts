import type { Child, Run } from "./child.ts";
import type { ChildSpec } from "./child-spec.ts";
import { Children } from "./children.ts";
import { type Clock, systemClock } from "./clock.ts";
import { EventBus, type EventReader } from "./events.ts";
import { type ChildExit, decide, endsSupervisor } from "./policy.ts";
import { systemRandom } from "./random.ts";
import { Restarts } from "./restarts.ts";
import { type ShutdownReason, ShutdownToken } from "./shutdown.ts";
import { childError, SupervisorError } from "./supervisor-error.ts";
import type { Happening, SupervisorEvent, SupervisorExit } from "./supervisor-events.ts";
import { checkChild, checkOptions, type SupervisorOptions } from "./supervisor-options.ts";
import { childSnapshot, type TreeSnapshot } from "./tree-snapshot.ts";

type State = TreeSnapshot["state"];

type Cause =
  | { readonly kind: "stopped"; readonly reason: ShutdownReason }
  | { readonly kind: "auto-shutdown"; readonly id: string; readonly by: "significant" | "verdict" }
  | { readonly kind: "failed"; readonly error: SupervisorError };

/**
 * Starts children in order, each once the one before is ready, restarts them by their policy, and stops
 * them in reverse. Nests; whatever a child throws stays below it.
 *
 * 1. Everything that changes the tree goes through one queue, so no two changes overlap. Only a stop does
 *    not wait in it: it interrupts a start or a backoff.
 * 2. A restart counts against the intensity before its delay: an app dying in backoff uses it up too.
 * 3. An end that was asked for is not a crash: it restarts nothing and ends nothing.
 */
export class Supervisor {
  /** Resolves once everything below has stopped; never rejects. */
  readonly done: Promise<SupervisorExit>;
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #children: Children;
  readonly #restarts: Restarts;
  readonly #bus = new EventBus<SupervisorEvent>();
  readonly #shutdown: ShutdownToken;
  readonly #budgetSpent = new ShutdownToken();
  readonly #done = Promise.withResolvers<SupervisorExit>();
  #state: State = "new";
  #queue: Promise<unknown> = Promise.resolve();

  /** Starts nothing. Throws `TypeError` for options or child specs that cannot mean anything. */
  constructor(options: SupervisorOptions = {}) {
    checkOptions(options);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#shutdown = new ShutdownToken(options.shutdown);
    this.done = this.#done.promise;
    const publish = (happening: Happening) => this.#publish(happening);
    this.#children = new Children({
      clock: this.#clock,
      interrupt: this.#shutdown,
      cut: this.#budgetSpent,
      publish,
      adopt: (id, nested) => this.#adopt(id, nested),
      onExit: (child, run, exit) => void this.#enqueue(() => this.#onExit(child, run, exit)),
    });
    this.#restarts = new Restarts({
      clock: this.#clock,
      random: options.random ?? systemRandom,
      limit: { intensity: options.intensity ?? 3, periodMs: options.periodMs ?? 5_000 },
      strategy: options.strategy ?? "one-for-one",
      children: this.#children,
      shutdown: this.#shutdown,
      publish,
      enqueue: (change) => void this.#enqueue(change),
      exhausted: (error) => this.#finish({ kind: "failed", error }),
    });
    for (const spec of options.children ?? []) this.#children.add(spec);
  }

  /**
   * Starts the children. Resolves when all are ready, or when a stop came first; rejects with
   * `CHILD_START_FAILED` once those already started are stopped again. A temporary child that is not
   * significant may fail to start without consequence. A second start rejects with `ALREADY_STARTED`.
   */
  start(): Promise<void> {
    if (this.#state !== "new") {
      return Promise.reject(
        new SupervisorError("ALREADY_STARTED", "a supervisor starts once", { details: { id: "" } }),
      );
    }
    this.#state = "starting";
    this.#shutdown.onCancel((reason) => {
      const { stopBudgetMs = Number.POSITIVE_INFINITY } = this.#options;
      if (stopBudgetMs < Number.POSITIVE_INFINITY) {
        const timer = this.#clock.setTimeout(() => this.#budgetSpent.cancel(reason), stopBudgetMs);
        void this.done.then(() => this.#clock.clearTimeout(timer));
      }
      void this.#enqueue(() => this.#finish({ kind: "stopped", reason }));
    });
    return this.#enqueue(() => this.#startAll());
  }

  /**
   * Starts, and waits for the end; rejects if that was a failure: `CHILD_START_FAILED`, `INTENSITY_EXCEEDED` or
   * `REQUIRED_CHILD_FAILED`. `token` stops it. Fits `Lifecycle.run`.
   */
  async run(token?: ShutdownToken): Promise<void> {
    const off = token?.onCancel((reason) => void this.stop(reason));
    try {
      await this.start();
      const exit = await this.done;
      if (exit.kind === "failed") throw exit.error;
    } finally {
      off?.();
    }
  }

  /** Stops all children; resolves when they have, or were left behind. Joins a stop already in flight. */
  stop(reason: ShutdownReason = { kind: "requested-by-run" }): Promise<SupervisorExit> {
    this.#shutdown.cancel(reason);
    // Nothing was started, so nobody will take the queue up.
    if (this.#state === "new") void this.#finish({ kind: "stopped", reason });
    return this.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Every event of this tree from now on; a slow reader is told how many it lost. */
  events(): EventReader<SupervisorEvent> {
    return this.#bus.events();
  }

  /** Calls `listener` with every event of this tree. Returns a function that takes it off. */
  subscribe(listener: (event: SupervisorEvent) => void): () => void {
    return this.#bus.subscribe(listener);
  }

  /** The tree as it is now, with those below, as plain data. */
  snapshot(): TreeSnapshot {
    const monotonic = this.#clock.monotonic();
    const children = this.#children.all().map((child) => childSnapshot(child, monotonic));
    return { strategy: this.#options.strategy ?? "one-for-one", state: this.#state, children };
  }

  /**
   * Adds a child behind the others and starts it; resolves when it is ready. Rejects with `CHILD_EXISTS`,
   * `NOT_RUNNING`, or `CHILD_START_FAILED`, in which case it is not there. Throws `TypeError` for a spec that
   * cannot mean anything.
   */
  startChild(spec: ChildSpec): Promise<void> {
    checkChild(spec, this.#options.autoShutdown);
    return this.#ask(spec.id, async () => {
      const child = this.#children.add(spec);
      const error = await this.#children.launch(child);
      if (!error) return;
      this.#children.delete(child);
      throw error;
    });
  }

  /**
   * Stops a child and keeps its spec, unless it is temporary. Stopping a stopped one does nothing. This and what follows
   * reject with `CHILD_NOT_FOUND` for an id that is none, and with `NOT_RUNNING`.
   */
  stopChild(id: string): Promise<void> {
    return this.#ask(id, async () => {
      const child = this.#children.get(id);
      await this.#children.stop(child, { kind: "requested-by-run", message: `${id} stopped` });
      this.#children.leave(child, true);
      this.#restarts.drop(child);
    });
  }

  /** Starts a stopped child again. Rejects with `CHILD_RUNNING`, `CHILD_RESTARTING` or `CHILD_START_FAILED`. */
  restartChild(id: string): Promise<void> {
    return this.#ask(id, async () => {
      const child = this.#children.getStopped(id);
      const error = await this.#children.launch(child);
      if (!error) return;
      this.#children.leave(child, true);
      throw error;
    });
  }

  /** Forgets a stopped child. Rejects with `CHILD_RUNNING` or `CHILD_RESTARTING`. */
  deleteChild(id: string): Promise<void> {
    return this.#ask(id, async () => this.#children.delete(this.#children.getStopped(id)));
  }

  async #startAll(): Promise<void> {
    for (const child of this.#children.all()) {
      const error = await this.#children.launch(child);
      if (this.#isOver()) return;
      if (!error) continue;
      this.#children.leave(child, false);
      if (child.spec.restart === "temporary" && !child.spec.significant) continue;
      await this.#finish({ kind: "failed", error });
      throw error;
    }
    this.#state = "running";
  }

  async #onExit(child: Child, run: Run, exit: ChildExit): Promise<void> {
    // It was stopped, and perhaps started anew, before this came to its turn.
    if (child.run !== run || this.#isOver()) return;
    this.#children.ended(child, exit);
    const { id, restart = "permanent", significant = false } = child.spec;
    switch (decide(restart, exit)) {
      case "restart":
        return this.#restarts.plan(child, exit);
      case "end-tree":
        return this.#finish({ kind: "auto-shutdown", id, by: "verdict" });
      case "leave": {
        this.#children.leave(child, false);
        const othersLeft = () =>
          this.#children.all().some(({ spec, state }) => spec.significant && state.kind !== "stopped");
        const mode = this.#options.autoShutdown ?? "any-significant";
        if (!endsSupervisor(mode, significant, othersLeft)) return;
        if (exit.kind !== "failed") return this.#finish({ kind: "auto-shutdown", id, by: "significant" });
        const error = childError("REQUIRED_CHILD_FAILED", id, "failed", exit.error);
        return this.#finish({ kind: "failed", error });
      }
    }
  }

  async #finish(cause: Cause): Promise<void> {
    if (this.#state === "stopping" || this.#state === "stopped") return;
    this.#state = "stopping";
    if (cause.kind === "failed") {
      const { error } = cause;
      this.#publish({ type: "runtime-failed", component: error.details.id, error });
    }
    const reason = reasonOf(cause);
    this.#shutdown.cancel(reason);
    this.#restarts.end();
    const { stopOrder = "reverse", stopBudgetMs = Number.POSITIVE_INFINITY } = this.#options;
    const left = await this.#children.stopAll(reason, stopOrder, stopBudgetMs);
    const exit: SupervisorExit = { ...cause, left };
    this.#state = "stopped";
    this.#publish({ type: "supervisor-stopped", exit });
    this.#bus.close();
    this.#done.resolve(exit);
  }

  #isOver(): boolean {
    return this.#shutdown.isCancelled;
  }

  #publish(happening: Happening): void {
    this.#bus.publish({ ...happening, at: this.#clock.now(), path: [] });
  }

  #adopt(id: string, nested: Supervisor): void {
    nested.subscribe((event) => {
      const path = [id, ...event.path];
      // What ends the nested one does not end this one: that is decided here.
      this.#bus.publish(
        event.type === "runtime-failed" ? { ...event, type: "supervisor-failed", path } : { ...event, path },
      );
    });
  }

  #ask<T>(id: string, change: () => Promise<T>): Promise<T> {
    return this.#enqueue(() => {
      if (this.#state === "running" && !this.#isOver()) return change();
      throw new SupervisorError("NOT_RUNNING", `the supervisor is ${this.#state}`, { details: { id } });
    });
  }

  #enqueue<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(change);
    this.#queue = result.catch(() => {});
    return result;
  }
}

function reasonOf(cause: Cause): ShutdownReason {
  switch (cause.kind) {
    case "stopped":
      return cause.reason;
    case "auto-shutdown":
      return { kind: "requested-by-run", message: `${cause.id} ended` };
    case "failed":
      return { kind: "fatal", error: cause.error };
  }
}
