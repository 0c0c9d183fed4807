import { HoldfastError } from "./errors.ts";
import { ShutdownToken } from "./shutdown.ts";
import { type JoinReport, TaskRegistry, type TaskRegistryOptions } from "./tasks.ts";

/** How long the end of a scope waits for its tasks. Default 10,000 ms. */
export interface TaskScopeOptions extends TaskRegistryOptions {
  readonly budgetMs?: number;
}

/**
 * The tasks of one block of code: `await using tasks = new TaskScope(parent)`. Its token is its own, below `parent`:
 * leaving the block cancels that, never the parent, and joins the tasks. Rejects with `TASKS_LEFT` if some are still
 * running when the budget is spent, and names them. Leaving twice is harmless.
 */
export class TaskScope extends TaskRegistry implements AsyncDisposable {
  readonly #budgetMs: number;

  constructor(parent?: ShutdownToken, options: TaskScopeOptions = {}) {
    super(new ShutdownToken(parent), options);
    this.#budgetMs = options.budgetMs ?? 10_000;
  }

  /** Cancels the scope's own token and joins its tasks; called by `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.token.cancel({ kind: "requested-by-run", message: "the tasks' scope has ended" });
    const report = await this.joinAll(this.#budgetMs);
    if (report.laggards.length === 0) return;
    const names = report.laggards.map(({ name }) => name).join(", ");
    throw new HoldfastError<"TASKS_LEFT", JoinReport>(
      "TASKS_LEFT",
      `tasks left after ${this.#budgetMs} ms: ${names}`,
      { details: report },
    );
  }
}
