import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { hookFailed, hookTimedOut, ServiceError, type ServiceErrorCode } from "./service-error.ts";
import { CancelledError, type ShutdownToken } from "./shutdown.ts";
import type { TaskRegistry } from "./tasks.ts";

/** How a reload ended; the service goes on in any case. */
export type ReloadEnd =
  | { readonly kind: "done" }
  /** `NOT_RUNNING`, `RELOAD_UNSUPPORTED`: it was refused. `RELOAD_FAILED`: the hook failed, or took too long. */
  | { readonly kind: "failed"; readonly error: ServiceError };

export interface ReloadSeams {
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly limitMs: number;
  readonly tasks: TaskRegistry;
  readonly clock: Clock;
  readonly isRunning: () => boolean;
}

/**
 * The reloads of one service, one at a time and in order. Each is a task, so that a stop waits for the one in hand
 * before `onStop`, and names it if it hangs.
 */
export class Reloads {
  readonly #seams: ReloadSeams;
  #last: Promise<unknown> = Promise.resolve();
  #settle: ((end: ReloadEnd) => void) | undefined;

  constructor(seams: ReloadSeams) {
    this.#seams = seams;
  }

  /** Never rejects. */
  request(config: unknown): Promise<ReloadEnd> {
    const turn = this.#last.then(() => this.#reload(config));
    this.#last = turn;
    return turn;
  }

  /** The service has ended: nobody is to wait for a hook that hangs. */
  end(): void {
    this.#settle?.(this.#refusal("NOT_RUNNING", "ended before its reload was done"));
  }

  #reload(config: unknown): Promise<ReloadEnd> {
    const { name, lifecycle, tasks, isRunning } = this.#seams;
    if (!isRunning()) return Promise.resolve(this.#refusal("NOT_RUNNING", "is not running"));
    if (!lifecycle.reload) {
      return Promise.resolve(this.#refusal("RELOAD_UNSUPPORTED", "cannot be reloaded in place"));
    }
    return new Promise((settle) => {
      this.#settle = settle;
      const task = tasks.spawn("reload", { kind: "maintenance" }, (token) => this.#run(config, token));
      void task.done.then((outcome) => {
        if (outcome.kind === "completed") return settle({ kind: "done" });
        const cause = outcome.kind === "failed" ? outcome.error : new CancelledError(outcome.reason);
        return settle({ kind: "failed", error: hookFailed(name, "reload", cause) });
      });
    });
  }

  async #run(config: unknown, parent: ShutdownToken): Promise<void> {
    const { name, lifecycle, limitMs, tasks, clock } = this.#seams;
    const token = parent.childToken();
    const work = (async () => lifecycle.reload?.(config, { token, shutdown: tasks.token, tasks }))();
    const inTime = clock.sleep(limitMs, token).then((end) => {
      if (end === "elapsed") throw hookTimedOut(name, "reload", limitMs);
      // Once a shutdown is asked, the stop's budget takes the place of the limit.
      return work;
    });
    try {
      await Promise.race([work, inTime]);
    } finally {
      token.cancel({ kind: "requested-by-run", message: "the reload is over" });
    }
  }

  #refusal(code: ServiceErrorCode, why: string): ReloadEnd {
    const { name } = this.#seams;
    return {
      kind: "failed",
      error: new ServiceError(code, `${name} ${why}`, { details: { service: name } }),
    };
  }
}
