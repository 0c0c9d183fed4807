import { type Clock, systemClock } from "./clock.ts";
import { describeError, HoldfastError, surface } from "./errors.ts";
import { type ShutdownReason, ShutdownToken } from "./shutdown.ts";
import type { Store } from "./store.ts";

/** How an operation ended. */
export type OperationEnd =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "replaced" };

/** One line of the operations log. `at` is wall ms. */
export interface OperationEntry {
  readonly at: number;
  readonly id: string;
  readonly name: string;
  readonly phase: "begun" | "progress" | OperationEnd["kind"];
  /** For people: `STOP`, `STOP FAIL: web: timed out: no answer`. */
  readonly line: string;
}

export interface OperationRequest<S> {
  readonly id: string;
  /** What is being done: `start`, `stop`, … */
  readonly name: string;
  /** The transitional state. */
  readonly via: S;
  /** The final one, or how to learn it when the work is done. */
  readonly to: S | (() => S | Promise<S>);
  /** `progress` writes another transitional state in place of `via`. */
  run(token: ShutdownToken, progress: (via: S) => void): unknown;
}

/** An operation under way. */
export interface Operation {
  readonly id: string;
  readonly name: string;
  /** Never rejects. */
  readonly done: Promise<OperationEnd>;
  /** Cancels its token; it fails once it has given up. Returns false if it had been cancelled before. */
  cancel(reason: ShutdownReason): boolean;
}

/** What a request does to an operation under way on the same id. */
export type Conflict = "join" | "replace" | "refuse";

export interface OperationsOptions {
  /** Default: the same name joins, any other is refused. */
  readonly onConflict?: (running: string, requested: string) => Conflict;
  readonly log?: (entry: OperationEntry) => void;
  /** The parent of every operation's token. */
  readonly shutdown?: ShutdownToken;
  readonly clock?: Clock;
}

interface InFlight<S> extends Operation {
  readonly token: ShutdownToken;
  readonly before: S | undefined;
  readonly settled: PromiseWithResolvers<OperationEnd>;
  /** What a scan saw meanwhile: the truth, should the operation fail. */
  observed?: { readonly state: S };
}

/**
 * Long work on the entries of a store, with honest states in between.
 *
 * 1. The transitional state is set, and every listener has heard of it, before `begin` returns.
 * 2. Only the operation leaves its transitional state: success writes the final state, failure the one
 *    before, unless a scan saw another truth.
 * 3. One operation per id; what a second request does is `onConflict`'s to say.
 * 4. No entry, or one removed meanwhile: nothing is written, the work goes on.
 */
export class Operations<S> {
  readonly #store: Store<S>;
  readonly #options: OperationsOptions;
  readonly #clock: Clock;
  readonly #inFlight = new Map<string, InFlight<S>>();

  constructor(store: Store<S>, options: OperationsOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Begins, joins or replaces. Throws `OPERATION_REFUSED` when another operation has the entry. */
  begin(request: OperationRequest<S>): Operation {
    const { id, name } = request;
    const running = this.#inFlight.get(id);
    if (running) {
      const same = (a: string, b: string): Conflict => (a === b ? "join" : "refuse");
      switch ((this.#options.onConflict ?? same)(running.name, name)) {
        case "join":
          return running;
        case "refuse":
          throw new HoldfastError(
            "OPERATION_REFUSED",
            `${id}: cannot ${name}, ${running.name} is under way`,
            {
              details: { id, requested: name, running: running.name },
            },
          );
        case "replace":
          running.token.cancel({ kind: "requested-by-run", message: `replaced by ${name}` });
          this.#settle(running, { kind: "replaced" });
      }
    }
    const settled = Promise.withResolvers<OperationEnd>();
    const operation: InFlight<S> = {
      id,
      name,
      token: new ShutdownToken(this.#options.shutdown),
      // A replaced operation's transitional state is nothing to revert to.
      before: running ? (running.observed?.state ?? running.before) : this.#store.get(id),
      settled,
      done: settled.promise,
      cancel: (reason) => operation.token.cancel(reason),
    };
    this.#inFlight.set(id, operation);
    this.#store.replace(id, request.via);
    this.#log(operation, "begun", name.toUpperCase());
    void this.#drive(operation, request);
    return operation;
  }

  running(id: string): Operation | undefined {
    return this.#inFlight.get(id);
  }

  /**
   * What a scan of the outside saw. Written at once, unless an operation has the entry: then it is kept for
   * the case that the operation fails. So a transitional state whose operation is gone is settled by the
   * first scan.
   */
  observe(id: string, state: S): void {
    const operation = this.#inFlight.get(id);
    if (operation) operation.observed = { state };
    else this.#store.set(id, state);
  }

  async #drive(operation: InFlight<S>, request: OperationRequest<S>): Promise<void> {
    const { id, token } = operation;
    const current = () => this.#inFlight.get(id) === operation;
    try {
      await request.run(token, (via) => {
        if (!current()) return;
        this.#store.replace(id, via);
        this.#log(operation, "progress", `${operation.name.toUpperCase()} …`);
      });
      const to = request.to;
      const state = typeof to === "function" ? await (to as () => S | Promise<S>)() : to;
      if (!current()) return;
      this.#settle(operation, { kind: "done" });
      this.#store.replace(id, state);
      this.#log(operation, "done", `${operation.name.toUpperCase()} OK: ${id}`);
    } catch (error) {
      if (!current()) return;
      this.#settle(operation, { kind: "failed", error });
      const back = operation.observed?.state ?? operation.before;
      if (back !== undefined) this.#store.replace(id, back);
      this.#log(operation, "failed", `${operation.name.toUpperCase()} FAIL: ${id}: ${describeError(error)}`);
    } finally {
      token[Symbol.dispose]();
    }
  }

  #settle(operation: InFlight<S>, end: OperationEnd): void {
    this.#inFlight.delete(operation.id);
    operation.settled.resolve(end);
  }

  #log(operation: InFlight<S>, phase: OperationEntry["phase"], line: string): void {
    try {
      this.#options.log?.({ at: this.#clock.now(), id: operation.id, name: operation.name, phase, line });
    } catch (error) {
      surface(error);
    }
  }
}
