import { Child, Run } from "./child.ts";
import type { ChildSpec } from "./child-spec.ts";
import type { Clock } from "./clock.ts";
import type { ChildExit } from "./policy.ts";
import type { ShutdownReason, ShutdownToken } from "./shutdown.ts";
import type { Supervisor } from "./supervisor.ts";
import { childError, type SupervisorError } from "./supervisor-error.ts";
import type { Happening } from "./supervisor-events.ts";

/** What a set of children needs of the supervisor that holds it. */
export interface ChildrenHost {
  readonly clock: Clock;
  /** Cancelled when the supervisor stops: nobody waits for a child to become ready any more. */
  readonly interrupt: ShutdownToken;
  /** Cancelled when the stop budget is spent: nobody waits for a child to end any more. */
  readonly cut: ShutdownToken;
  publish(happening: Happening): void;
  adopt(id: string, nested: Supervisor): void;
  /** A child that had been started ended by itself. */
  onExit(child: Child, run: Run, exit: ChildExit): void;
}

/** The children of one supervisor, in start order: starts and stops them, and decides nothing. */
export class Children {
  readonly #host: ChildrenHost;
  readonly #byId = new Map<string, Child>();
  readonly #left: string[] = [];

  constructor(host: ChildrenHost) {
    this.#host = host;
  }

  all(): Child[] {
    return [...this.#byId.values()];
  }

  add(spec: ChildSpec): Child {
    if (this.#byId.has(spec.id)) throw childError("CHILD_EXISTS", spec.id, "exists already");
    const child = new Child(spec);
    this.#byId.set(spec.id, child);
    return child;
  }

  delete(child: Child): void {
    this.#byId.delete(child.id);
  }

  get(id: string): Child {
    const child = this.#byId.get(id);
    if (!child) throw childError("CHILD_NOT_FOUND", id, "is not a child of this supervisor");
    return child;
  }

  /** The child, if nothing of it runs or is about to. */
  getStopped(id: string): Child {
    const child = this.get(id);
    switch (child.state.kind) {
      case "stopped":
        return child;
      case "restarting":
        throw childError("CHILD_RESTARTING", id, "is waiting for its restart");
      case "starting":
      case "running":
      case "stopping":
        throw childError("CHILD_RUNNING", id, "is running");
    }
  }

  /** A child that will not run again by itself. A temporary one is forgotten. */
  leave(child: Child, held: boolean): void {
    child.state = { kind: "stopped", held };
    if (child.spec.restart === "temporary") this.delete(child);
  }

  /** Starts a child and waits until it is ready; gives the error if that failed, and then it has stopped. */
  async launch(child: Child): Promise<SupervisorError | undefined> {
    const { spec, id } = child;
    const { clock, interrupt, cut, publish, adopt } = this.#host;
    const run = new Run(spec, ++child.runs, clock, (nested) => adopt(id, nested));
    child.state = { kind: "starting", run };
    publish({ type: "child-started", id, run: child.runs });
    const end = await run.started(spec.startTimeoutMs ?? Number.POSITIVE_INFINITY, interrupt);
    switch (end.kind) {
      case "interrupted":
        return undefined;
      case "ready":
        child.state = { kind: "running", run };
        publish({ type: "child-ready", id, run: child.runs });
        void run.exit.then((exit) => this.#host.onExit(child, run, exit));
        return undefined;
      case "ended":
        if ("verdict" in end.exit) {
          // It decided against running: a start that went well.
          this.#host.onExit(child, run, end.exit);
          return undefined;
        }
        this.ended(child, end.exit);
        return end.exit.kind === "failed"
          ? childError("CHILD_START_FAILED", id, "failed to start", end.exit.error)
          : childError("CHILD_START_FAILED", id, "ended before it was ready");
      case "failed":
        await run.end(spec, { kind: "fatal", error: end.error }, Number.POSITIVE_INFINITY, cut);
        this.ended(child, end);
        return childError("CHILD_START_FAILED", id, "failed to start", end.error);
    }
  }

  /** Stops what runs of a child, within its own deadline and `atMostMs`. */
  async stop(
    child: Child,
    reason: ShutdownReason,
    atMostMs: number = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const { run, spec } = child;
    if (!run) return;
    const { interrupt, cut } = this.#host;
    child.state = { kind: "stopping", run };
    const exit = await run.end(spec, reason, atMostMs, cut);
    if (exit.kind === "killed" && spec.stop !== "brutal" && interrupt.isCancelled) this.#left.push(child.id);
    this.ended(child, exit);
  }

  /**
   * Stops all, the last started first or all together; gives the ids of those that overran, also in a stop
   * of their own that this one found under way. Of the budget,
   * half is shared out evenly, so that nobody's delay leaves nothing for the others.
   */
  async stopAll(
    reason: ShutdownReason,
    order: "reverse" | "together",
    budgetMs: number,
  ): Promise<readonly string[]> {
    const { clock } = this.#host;
    const live = this.all().filter((child) => child.run);
    const stopBy = clock.monotonic() + budgetMs;
    const keptMs = budgetMs < Number.POSITIVE_INFINITY ? budgetMs / 2 / live.length : 0;
    if (order === "together") {
      await Promise.all(live.map((child) => this.stop(child, reason, budgetMs)));
    } else {
      for (const [later, child] of [...live.entries()].reverse()) {
        await this.stop(child, reason, stopBy - clock.monotonic() - later * keptMs);
      }
    }
    for (const child of this.all()) child.state = { kind: "stopped", held: false };
    return this.#left;
  }

  /** Writes down how a run ended. */
  ended(child: Child, exit: ChildExit): void {
    const { state, spec } = child;
    // However it ended: a run that is stopped with its group was no less healthy.
    if (spec.backoff && (state.kind === "running" || state.kind === "stopping")) {
      const livedMs = this.#host.clock.monotonic() - state.run.startedAt;
      if (livedMs >= (spec.backoff.resetAfterMs ?? spec.backoff.maxMs)) child.attempt = 0;
    }
    child.lastExit = exit;
    child.state = { kind: "stopped", held: false };
    this.#host.publish({ type: "child-exited", id: child.id, run: child.runs, exit });
  }
}
