import { isAbortError } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { call, type ShutdownReason, ShutdownToken } from "./shutdown.ts";

/** What sort of work a task is, for who reads a snapshot. Changes nothing about how it runs. */
export type TaskKind = "background-loop" | "peer-connection" | "rpc-handler" | "maintenance";

/** How a task ended. `cancelled`: it left by an abort error after its token was cancelled. */
export type TaskOutcome<T = unknown> =
  | { readonly kind: "completed"; readonly value: T }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "cancelled"; readonly reason: ShutdownReason };

/** A live task as data. `since` is wall ms, `ageMs` monotonic; `aborting` once it was told to abort. */
export interface TaskSnapshot {
  readonly name: string;
  readonly kind: TaskKind;
  readonly since: number;
  readonly ageMs: number;
  readonly state: "running" | "aborting";
}

/** A running piece of tracked work. */
export interface Task<T = unknown> {
  readonly name: string;
  readonly kind: TaskKind;
  /** Cancelled with the registry's token, or alone by `abort`. */
  readonly token: ShutdownToken;
  /** Settles when the function has really ended; never rejects. */
  readonly done: Promise<TaskOutcome<T>>;
  /** Fires the task's token. JavaScript cannot stop a running function: the task ends when it looks at the token. */
  abort(reason?: ShutdownReason): void;
}

/** What `spawn` has to know of a task besides its name. */
export interface SpawnOptions {
  readonly kind: TaskKind;
}

/** What `joinAll` found: nothing left, or who was still running when the budget was spent, by name. */
export interface JoinReport {
  readonly laggards: readonly TaskSnapshot[];
}

/** Called before the failed task leaves its registry: a join waits for what is spawned here, too. */
export type FailureListener = (task: Task, error: unknown) => void;

/** Where a registry takes its time from: the system's clock by default. */
export interface TaskRegistryOptions {
  readonly clock?: Clock;
}

/** A task is its own token, and knows its place in the registry: 100,000 of them are one object each. */
class Tracked<T> extends ShutdownToken implements Task<T> {
  declare readonly registry: TaskRegistry;
  declare readonly name: string;
  declare readonly kind: TaskKind;
  declare readonly startedAt: number;
  declare done: Promise<TaskOutcome<T>>;
  state: TaskSnapshot["state"] = "running";
  declare place: number;

  constructor(registry: TaskRegistry, name: string, kind: TaskKind, startedAt: number) {
    super(registry.token);
    this.registry = registry;
    this.name = name;
    this.kind = kind;
    this.startedAt = startedAt;
  }

  get token(): ShutdownToken {
    return this;
  }

  abort(reason: ShutdownReason = { kind: "requested-by-run", message: `task ${this.name} aborted` }): void {
    this.state = "aborting";
    this.cancel(reason);
  }
}

/**
 * Owns background work: every task has a name, a kind, a token below the registry's, and leaves the
 * registry in the moment it ends. A failure is never an unhandled rejection: it is the task's `done`,
 * and is told to every `onFailure` listener.
 */
export class TaskRegistry {
  /** The token it was given. */
  readonly token: ShutdownToken;
  readonly #clock: Clock;
  // Who leaves is replaced by the last, so that it costs the same however many there are.
  readonly #live: Tracked<unknown>[] = [];
  // Cancelled when the last task has left, and made only for who waits for that.
  #idle: ShutdownToken | undefined;
  readonly #onFailure = new Set<FailureListener>();

  constructor(token: ShutdownToken = new ShutdownToken(), options: TaskRegistryOptions = {}) {
    this.token = token;
    this.#clock = options.clock ?? systemClock;
  }

  /** The number of tasks that have not ended. */
  get size(): number {
    return this.#live.length;
  }

  /**
   * Starts `run` at once, in this very turn. A synchronous throw is a failure of the task, not of the caller. After
   * a cancellation it is started too, with a token that is already cancelled: what it has to clean up, it can.
   */
  spawn<T>(name: string, options: SpawnOptions, run: (token: ShutdownToken) => PromiseLike<T> | T): Task<T> {
    const now = Math.round(this.#clock.monotonic());
    const task = new Tracked<T>(this, name, options.kind, now);
    task.place = this.#live.push(task) - 1;
    let running: Promise<T>;
    try {
      // A promise passes through this as itself, at no cost.
      running = Promise.resolve(run(task));
    } catch (error) {
      running = (async () => {
        throw error;
      })();
    }
    // Bound functions, because closures need twice the memory.
    const completed: (this: Tracked<T>, value: T) => TaskOutcome<T> = this.#completed;
    const failed: (this: Tracked<T>, error: unknown) => TaskOutcome<T> = this.#failed;
    task.done = running.then(completed.bind(task), failed.bind(task));
    return task;
  }

  /** Calls `listener` for every task that fails from now on. Returns a function that takes it off. */
  onFailure(listener: FailureListener): () => void {
    this.#onFailure.add(listener);
    return () => void this.#onFailure.delete(listener);
  }

  /** Every live task as data, in no order that means anything. */
  snapshot(): TaskSnapshot[] {
    const now = this.#clock.now();
    const monotonic = Math.round(this.#clock.monotonic());
    return this.#live.map(({ name, kind, startedAt, state }) => {
      const ageMs = monotonic - startedAt;
      return { name, kind, since: now - ageMs, ageMs, state };
    });
  }

  /**
   * Waits for every task, also those spawned meanwhile. When four fifths of the budget (all but 1 s of a
   * long one) are spent, each task left is told to abort; who is left at the end is abandoned: it leaves
   * the registry and is returned by name. Does not cancel the registry's token: the caller has, or wants
   * the tasks to run out. `Infinity` waits for ever.
   */
  async joinAll(budgetMs: number): Promise<JoinReport> {
    const graceMs = Math.min(1_000, budgetMs / 5);
    const wait = (ms: number) => {
      this.#idle ??= new ShutdownToken();
      return this.size > 0 && this.#clock.sleep(ms, this.#idle);
    };
    if ((await wait(budgetMs - graceMs)) === "elapsed") {
      for (const task of this.#live) task.abort();
      await wait(graceMs);
    }
    const laggards = this.snapshot();
    for (const task of [...this.#live]) this.#leave(task);
    return { laggards };
  }

  #completed<T>(this: Tracked<T>, value: T): TaskOutcome<T> {
    this.registry.#leave(this);
    return { kind: "completed", value };
  }

  #failed<T>(this: Tracked<T>, error: unknown): TaskOutcome<T> {
    const { registry, reason } = this;
    if (reason && isAbortError(error)) {
      registry.#leave(this);
      return { kind: "cancelled", reason };
    }
    for (const listener of registry.#onFailure) call(listener, this, error);
    // Only now, so that the registry is not empty for a moment when a listener spawns a successor.
    registry.#leave(this);
    return { kind: "failed", error };
  }

  #leave(task: Tracked<unknown>): void {
    task[Symbol.dispose]();
    // An abandoned task has left before it ends.
    if (this.#live[task.place] !== task) return;
    const last = this.#live.at(-1) ?? task;
    this.#live[task.place] = last;
    last.place = task.place;
    this.#live.pop();
    if (this.size > 0 || !this.#idle) return;
    this.#idle.cancel({ kind: "requested-by-run" });
    this.#idle = undefined;
  }
}
