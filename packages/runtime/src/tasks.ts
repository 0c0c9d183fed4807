import { isAbortError } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { surface } from "./errors.ts";
import { type ShutdownReason, ShutdownToken } from "./shutdown.ts";

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

export interface SpawnOptions {
  readonly kind: TaskKind;
}

/** What `joinAll` found: nothing left, or who was still running when the budget was spent, by name. */
export interface JoinReport {
  readonly laggards: readonly TaskSnapshot[];
}

export type FailureListener = (task: Task, error: unknown) => void;

export interface TaskRegistryOptions {
  readonly clock?: Clock;
}

class Tracked<T> implements Task<T> {
  readonly name: string;
  readonly kind: TaskKind;
  readonly token: ShutdownToken;
  readonly startedAt: number;
  declare done: Promise<TaskOutcome<T>>;
  aborting = false;

  constructor(name: string, kind: TaskKind, token: ShutdownToken, startedAt: number) {
    this.name = name;
    this.kind = kind;
    this.token = token;
    this.startedAt = startedAt;
  }

  abort(reason: ShutdownReason = { kind: "requested-by-run", message: `task ${this.name} aborted` }): void {
    this.aborting = true;
    this.token.cancel(reason);
  }
}

/**
 * Owns background work: every task has a name, a kind, a token below the registry's, and leaves the
 * registry in the moment it ends. A failure is never an unhandled rejection: it is the task's `done`,
 * and is told to every `onFailure` listener.
 */
export class TaskRegistry {
  readonly token: ShutdownToken;
  readonly #clock: Clock;
  readonly #live = new Set<Tracked<unknown>>();
  readonly #idle = new Set<() => void>();
  readonly #onFailure = new Set<FailureListener>();

  constructor(token: ShutdownToken = new ShutdownToken(), options: TaskRegistryOptions = {}) {
    this.token = token;
    this.#clock = options.clock ?? systemClock;
  }

  /** The number of tasks that have not ended. */
  get size(): number {
    return this.#live.size;
  }

  /** Starts `run` at once, in this very turn. A synchronous throw is a failure of the task, not of the caller. */
  spawn<T>(name: string, options: SpawnOptions, run: (token: ShutdownToken) => PromiseLike<T> | T): Task<T> {
    const task = new Tracked<T>(
      name,
      options.kind,
      this.token.childToken(),
      Math.round(this.#clock.monotonic()),
    );
    this.#live.add(task);
    let running: Promise<T>;
    try {
      // A promise passes through this as itself, at no cost.
      running = Promise.resolve(run(task.token));
    } catch (error) {
      running = rejected(error);
    }
    task.done = running.then(
      (value) => {
        this.#settle(task);
        return { kind: "completed", value };
      },
      (error: unknown) => {
        this.#settle(task);
        return this.#failure(task, error);
      },
    );
    return task;
  }

  /** Calls `listener` for every task that fails from now on. Returns a function that takes it off. */
  onFailure(listener: FailureListener): () => void {
    this.#onFailure.add(listener);
    return () => void this.#onFailure.delete(listener);
  }

  snapshot(): TaskSnapshot[] {
    const now = this.#clock.now();
    const monotonic = Math.round(this.#clock.monotonic());
    return Array.from(this.#live, ({ name, kind, startedAt, aborting }) => {
      const ageMs = monotonic - startedAt;
      return { name, kind, since: now - ageMs, ageMs, state: aborting ? "aborting" : "running" };
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
    if (!(await this.#emptyWithin(budgetMs - graceMs))) {
      for (const task of this.#live) task.abort();
      await this.#emptyWithin(graceMs);
    }
    const laggards = this.snapshot();
    this.#live.clear();
    this.#wakeIdle();
    return { laggards };
  }

  #emptyWithin(ms: number): Promise<boolean> {
    if (this.#live.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (empty: boolean) => {
        this.#clock.clearTimeout(timer);
        this.#idle.delete(idle);
        resolve(empty);
      };
      const idle = () => done(true);
      const timer = this.#clock.setTimeout(() => done(false), ms);
      this.#idle.add(idle);
    });
  }

  #settle(task: Tracked<unknown>): void {
    task.token[Symbol.dispose]();
    if (this.#live.delete(task) && this.#live.size === 0) this.#wakeIdle();
  }

  #wakeIdle(): void {
    for (const wake of this.#idle) wake();
  }

  #failure(task: Tracked<unknown>, error: unknown): TaskOutcome<never> {
    const { reason } = task.token;
    if (reason && isAbortError(error)) return { kind: "cancelled", reason };
    for (const listener of this.#onFailure) {
      try {
        listener(task, error);
      } catch (thrown) {
        surface(thrown);
      }
    }
    return { kind: "failed", error };
  }
}

async function rejected(error: unknown): Promise<never> {
  throw error;
}
