import { backoffDelay } from "./backoff.ts";
import type { Child } from "./child.ts";
import type { Children } from "./children.ts";
import type { Clock, Timer } from "./clock.ts";
import { admitRestart, type ChildExit, type Intensity, type Strategy, takenAlong } from "./policy.ts";
import type { Random } from "./random.ts";
import type { ShutdownToken } from "./shutdown.ts";
import { childError, type SupervisorError } from "./supervisor-error.ts";
import type { Happening } from "./supervisor-events.ts";

/** What the restarts of a supervisor need of it. */
export interface RestartsHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly limit: Intensity;
  readonly strategy: Strategy;
  readonly children: Children;
  readonly shutdown: ShutdownToken;
  publish(happening: Happening): void;
  /** Does it when no other change is in hand. */
  enqueue(change: () => Promise<void>): void;
  /** The intensity is spent. */
  exhausted(error: SupervisorError): Promise<void>;
}

/**
 * The restarts of one supervisor that are planned, and those that count. A timer belongs to the child whose
 * end began it; in a group it starts all that wait.
 */
export class Restarts {
  readonly #host: RestartsHost;
  readonly #timers = new Map<Child, Timer>();
  #recent: readonly number[] = [];

  constructor(host: RestartsHost) {
    this.#host = host;
  }

  /** Plans the restart of a child that has ended, and stops those that are taken along. */
  async plan(child: Child, exit: ChildExit): Promise<void> {
    const { clock, limit, random, exhausted, publish, enqueue } = this.#host;
    const { id, spec } = child;
    const now = clock.monotonic();
    const recent = admitRestart(limit, this.#recent, now);
    if (!recent) {
      const what = `ended again after ${limit.intensity} restarts within ${limit.periodMs} ms`;
      const causes = exit.kind === "failed" ? [exit.error] : [];
      return exhausted(childError("INTENSITY_EXCEEDED", id, what, ...causes));
    }
    this.#recent = recent;
    child.attempt++;
    const delayMs = spec.backoff ? backoffDelay(spec.backoff, child.attempt, random) : 0;
    const until = now + delayMs;
    child.state = { kind: "restarting", until };
    publish({ type: "child-restarting", id, attempt: child.attempt, delayMs });
    await this.#takeAlong(child, until);

    const relaunch = () => {
      this.#timers.delete(child);
      enqueue(() => this.#relaunch(child));
    };
    // What was taken along may have used up the delay.
    const leftMs = until - clock.monotonic();
    if (leftMs <= 0) relaunch();
    else this.#timers.set(child, clock.setTimeout(relaunch, leftMs));
  }

  /** A child that was waiting shall not start; its group, if there is one, still does. */
  drop(child: Child): void {
    const { children, strategy } = this.#host;
    const groupWaits = () => children.all().some(({ state }) => state.kind === "restarting");
    if (strategy === "one-for-one" || !groupWaits()) this.#clear(child);
  }

  /** Nothing planned happens any more. */
  end(): void {
    for (const child of [...this.#timers.keys()]) this.#clear(child);
  }

  async #takeAlong(child: Child, until: number): Promise<void> {
    const { children, strategy } = this.#host;
    for (const sibling of [...takenAlong(strategy, children.all(), child)].reverse()) {
      // Its own too: it may have begun the group's wait, been started alone, and ended again.
      this.#clear(sibling);
      if (sibling === child) continue;
      if (sibling.state.kind === "stopped" && sibling.state.held) continue;
      await children.stop(sibling, { kind: "requested-by-run", message: `restarted with ${child.id}` });
      if (sibling.spec.restart === "temporary") children.leave(sibling, false);
      else sibling.state = { kind: "restarting", until };
    }
  }

  async #relaunch(leader: Child): Promise<void> {
    const { children, strategy, shutdown } = this.#host;
    for (const child of strategy === "one-for-one" ? [leader] : children.all()) {
      if (shutdown.isCancelled) return;
      if (child.state.kind !== "restarting") continue;
      const error = await children.launch(child);
      if (error) return this.plan(child, { kind: "failed", error });
    }
  }

  #clear(child: Child): void {
    this.#host.clock.clearTimeout(this.#timers.get(child));
    this.#timers.delete(child);
  }
}
