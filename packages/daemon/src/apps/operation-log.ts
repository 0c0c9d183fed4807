import { type Clock, HoldfastError, type Random, type TaskRegistry } from "@holdfast/runtime";
import type { Operation, OperationKind } from "../api/contract.ts";

/** How many ended operations are remembered. */
const remembered = 1_000;

interface Entry {
  operation: Operation;
  readonly ended: Promise<void>;
}

/** All operations: those under way, and the last that ended. */
export class OperationLog {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tasks: TaskRegistry;
  readonly #onChange: (operation: Operation) => void;
  readonly #entries = new Map<string, Entry>();

  constructor(
    seams: { readonly clock: Clock; readonly random: Random; readonly tasks: TaskRegistry },
    onChange: (operation: Operation) => void,
  ) {
    this.#clock = seams.clock;
    this.#random = seams.random;
    this.#tasks = seams.tasks;
    this.#onChange = onChange;
  }

  /** Begins an operation and returns at once. `work` starts in this turn, so what it flips is flipped on return. */
  begin(
    kind: OperationKind,
    app: { readonly project: string; readonly name: string },
    work: () => Promise<void>,
  ): Operation {
    const operation: Operation = {
      id: this.#random.uuid(),
      kind,
      project: app.project,
      name: app.name,
      state: "running",
      since: this.#time(),
      ended: null,
      error: null,
    };
    const ended = Promise.withResolvers<void>();
    const entry: Entry = { operation, ended: ended.promise };
    this.#entries.set(operation.id, entry);
    this.#forgetOld();
    this.#onChange(operation);
    const task = this.#tasks.spawn(`${kind} ${app.project}/${app.name}`, { kind: "rpc-handler" }, work);
    void task.done.then((outcome) => {
      const error =
        outcome.kind === "completed"
          ? null
          : outcome.kind === "failed"
            ? describe(outcome.error)
            : "cancelled";
      entry.operation = {
        ...operation,
        state: error === null ? "done" : "failed",
        ended: this.#time(),
        error,
      };
      this.#onChange(entry.operation);
      ended.resolve();
    });
    return operation;
  }

  /** Throws `NOT_FOUND`. */
  get(id: string): Operation {
    return this.#entry(id).operation;
  }

  list(project?: string): readonly Operation[] {
    const all = [...this.#entries.values()].map((entry) => entry.operation);
    return project === undefined ? all : all.filter((operation) => operation.project === project);
  }

  /** Resolves when all of them have ended. */
  async wait(ids: readonly string[]): Promise<readonly Operation[]> {
    const entries = ids.map((id) => this.#entry(id));
    await Promise.all(entries.map((entry) => entry.ended));
    return entries.map((entry) => entry.operation);
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new HoldfastError("NOT_FOUND", `there is no operation ${id}`, { details: { id } });
    return entry;
  }

  #forgetOld(): void {
    for (const [id, { operation }] of this.#entries) {
      if (this.#entries.size <= remembered) return;
      if (operation.state !== "running") this.#entries.delete(id);
    }
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
