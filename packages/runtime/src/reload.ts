import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { hookFailed, hookTimedOut, ServiceError, type ServiceErrorCode } from "./service-error.ts";
import type { TaskRegistry } from "./tasks.ts";

/** How a reload ended; the service goes on in any case. */
export type ReloadEnd =
  | { readonly kind: "done" }
  /** `NOT_RUNNING`, `RELOAD_UNSUPPORTED`: it was refused. `RELOAD_FAILED`: the hook failed, or took too long. */
  | { readonly kind: "failed"; readonly error: ServiceError };

export interface Reloads {
  /** Never rejects. */
  request(config: unknown): Promise<ReloadEnd>;
  /** The service has ended: nobody is to wait for a hook that hangs. */
  end(): void;
}

/**
 * The reloads of one service, one at a time and in order. Each is a task, so that a stop waits for the one in hand
 * before `onStop`, and names it if it hangs.
 */
export function reloads(
  service: string,
  lifecycle: Lifecycle,
  limitMs: number,
  tasks: TaskRegistry,
  clock: Clock,
  isRunning: () => boolean,
): Reloads {
  let last: Promise<unknown> = Promise.resolve();
  let settle: ((end: ReloadEnd) => void) | undefined;

  const refused = (code: ServiceErrorCode): ReloadEnd => ({
    kind: "failed",
    error: new ServiceError(code, `${service} cannot reload: ${code}`, { details: { service } }),
  });

  const reload = (config: unknown): Promise<ReloadEnd> | ReloadEnd => {
    if (!isRunning()) return refused("NOT_RUNNING");
    if (!lifecycle.reload) return refused("RELOAD_UNSUPPORTED");
    return new Promise((resolve) => {
      settle = resolve;
      tasks.spawn("reload", { kind: "maintenance" }, async (token) => {
        const work = (async () => lifecycle.reload?.(config, { token, shutdown: tasks.token, tasks }))();
        const late = clock.sleep(limitMs, token).then((end) => {
          if (end === "elapsed") throw hookTimedOut(service, "reload", limitMs);
          // Once a shutdown is asked, the stop's budget takes the place of the limit.
          return work;
        });
        try {
          await Promise.race([work, late]);
          resolve({ kind: "done" });
        } catch (error) {
          resolve({ kind: "failed", error: hookFailed(service, "reload", error) });
        } finally {
          token.cancel({ kind: "requested-by-run" });
        }
      });
    });
  };

  return {
    request: (config) => {
      const turn = last.then(() => reload(config));
      last = turn;
      return turn;
    },
    end: () => settle?.(refused("NOT_RUNNING")),
  };
}
