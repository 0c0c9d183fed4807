import { type Clock, describeError, HoldfastError, type Random, type TaskRegistry } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { Operation, OperationKind } from "../api/contract.ts";
import { type Because, beforeUnknown, follows } from "../events/because.ts";
import type { Journal } from "../store/journal.ts";
import {
  type OperationRecord,
  publicOperation,
  type Roll,
  rememberedOperations,
  withoutKeys,
} from "../store/operation-record.ts";

/** As many requests that joined one operation are known again. */
const mostJoined = 100;

/** Who asks for an operation, and how it is known again when the same request comes twice. */
export interface Asked {
  readonly by?: string;
  readonly key?: string;
  readonly because?: Because;
}

/** An operation to begin: a new one, or one that a crash left under way. */
export type OperationRequest =
  | (Asked &
      Pick<OperationRecord, "project" | "name" | "before"> &
      Partial<Pick<OperationRecord, "instance" | "timeoutMs" | "drop" | "roll" | "keepData">> & {
        readonly kind: OperationKind;
      })
  | OperationRecord;

interface Entry {
  record: OperationRecord;
  /** Of requests whose callers were told that they could not be written down. */
  readonly refused: Set<string>;
  readonly ended: PromiseWithResolvers<void>;
}

export interface OperationSeams {
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: TaskRegistry;
  readonly journal: Journal;
  readonly archive: OperationArchive;
}

/** Operations that were written down, read again. */
export interface OperationArchive {
  /** The last `limit` that match, in any order. */
  readOperations(filter: OperationFilter & { readonly limit: number }): readonly OperationRecord[];
}

/** Which operations are meant. */
export interface OperationFilter {
  readonly project?: string;
  readonly name?: string;
  /** Begun then or later: wall-clock milliseconds. */
  readonly since?: number;
  /** The last so many. */
  readonly limit?: number;
}

/** All operations: those under way, and the last that ended, also under earlier daemons. */
export class OperationLog {
  readonly #seams: OperationSeams;
  readonly #tell: (operation: Operation, because: Because) => number;
  readonly #entries = new Map<string, Entry>();

  /** `tell` gives the number of the event that tells of it. */
  constructor(seams: OperationSeams, tell: (operation: Operation, because: Because) => number) {
    this.#seams = seams;
    this.#tell = tell;
  }

  /** Takes what the database had, and returns those that a crash left under way: they are to be begun again. */
  restore(records: readonly OperationRecord[]): readonly OperationRecord[] {
    for (const record of records) {
      const ended = Promise.withResolvers<void>();
      if (record.state !== "running") ended.resolve();
      this.#entries.set(record.id, { record, refused: new Set(), ended });
    }
    return records.filter(({ state }) => state === "running");
  }

  /**
   * Begins an operation and returns at once. `work` starts in this turn, so what it flips is flipped on return; it is
   * given what its effects follow from.
   */
  begin(request: OperationRequest, work: (because: Because) => Promise<void>): Operation {
    const entry = "id" in request ? this.#entry(request.id) : this.#enter(request);
    const { record } = entry;
    failpoint("operation.begun");
    const task = this.#seams.tasks.spawn(
      `${record.kind} ${record.project}/${record.name}`,
      { kind: "rpc-handler" },
      () => work(causeOf(record)),
    );
    void task.done.then((outcome) => {
      // The daemon itself ends: the next one goes on with it.
      if (this.#seams.tasks.token.isCancelled) return;
      return this.#end(entry, outcome.kind === "failed" ? describeError(outcome.error) : null);
    });
    return publicOperation(record);
  }

  /** Keeps how far a restart in batches is. */
  keepRoll(id: string, roll: Roll): void {
    const entry = this.#entry(id);
    entry.record = { ...entry.record, roll };
    this.#seams.journal.keep(`operation ${id}`, { kind: "put-operation", record: entry.record });
  }

  /** Ends one that cannot be gone on with, or of which nothing is left to do. */
  settle(id: string, error: string | null): void {
    void this.#end(this.#entry(id), error);
  }

  /** A request joins an operation: the same request, sent again, gets it again. */
  join({ id }: Operation, kind: OperationKind, { key }: Asked): Operation {
    const entry = this.#entry(id);
    if (key !== undefined) {
      const joined = [...(entry.record.joined ?? []), { kind, key }].slice(-mostJoined);
      entry.record = { ...entry.record, joined };
      this.#seams.journal.keep(`operation ${id}`, { kind: "put-operation", record: entry.record });
    }
    return publicOperation(entry.record);
  }

  /**
   * The caller is told that the request could not be written down. Operations that fail are then not known by its key:
   * asked for again, they are begun anew. Those that are done all the same are not done twice.
   */
  refuse(operations: readonly Operation[], key: string | undefined): void {
    if (key === undefined) return;
    for (const { id } of operations) {
      const entry = this.#entry(id);
      entry.refused.add(key);
      if (entry.record.state !== "failed") continue;
      entry.record = withoutKeys(entry.record, entry.refused);
      this.#keep(entry.record, causeOf(entry.record));
    }
  }

  /** What an earlier request of this key and kind began or joined. */
  ofKey(kind: OperationKind, key: string | undefined): readonly Operation[] {
    if (key === undefined) return [];
    return [...this.#entries.values()]
      .filter(({ record }) => {
        const isOf = (request: { readonly kind: OperationKind; readonly key: string | null }): boolean =>
          request.key === key && request.kind === kind;
        return isOf(record) || (record.joined ?? []).some(isOf);
      })
      .map(({ record }) => publicOperation(record));
  }

  /** Throws `NOT_FOUND`. */
  get(id: string): Operation {
    return publicOperation(this.#entry(id).record);
  }

  /** The last `limit` (1,000) that match, the oldest first; also from the disk what is no longer in memory. */
  list({ limit = rememberedOperations, ...filter }: OperationFilter = {}): readonly Operation[] {
    // What is in memory is newer than what was written of it.
    const found = new Map(
      this.#seams.archive.readOperations({ ...filter, limit }).map((record) => [record.id, record]),
    );
    for (const { record } of this.#entries.values()) {
      if (matches(record, filter)) found.set(record.id, record);
    }
    const sorted = [...found.values()].toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
    return sorted.slice(Math.max(0, sorted.length - limit)).map(publicOperation);
  }

  /** Resolves when all of them have ended. */
  async wait(ids: readonly string[]): Promise<readonly Operation[]> {
    const entries = ids.map((id) => this.#entry(id));
    await Promise.all(entries.map(({ ended }) => ended.promise));
    return entries.map(({ record }) => publicOperation(record));
  }

  #enter(request: Exclude<OperationRequest, OperationRecord>): Entry {
    const { kind, project, name, before } = request;
    const record: OperationRecord = {
      id: this.#seams.random.uuid(),
      kind,
      project,
      name,
      instance: request.instance ?? null,
      by: request.by ?? null,
      state: "running",
      since: this.#time(),
      ended: null,
      error: null,
      key: request.key ?? null,
      timeoutMs: request.timeoutMs ?? null,
      before,
      drop: request.drop ?? null,
      ...(request.roll === undefined ? {} : { roll: request.roll }),
      ...(request.keepData === undefined ? {} : { keepData: request.keepData }),
    };
    const entry: Entry = { record, refused: new Set(), ended: Promise.withResolvers<void>() };
    this.#entries.set(record.id, entry);
    this.#forgetOld();
    entry.record = { ...record, told: this.#keep(record, request.because ?? follows) };
    this.#seams.journal.keep(`operation ${record.id}`, { kind: "put-operation", record: entry.record });
    return entry;
  }

  async #end(entry: Entry, error: string | null): Promise<void> {
    const state = error === null ? "done" : "failed";
    const record: OperationRecord = { ...entry.record, state, ended: this.#time(), error };
    entry.record = state === "failed" ? withoutKeys(record, entry.refused) : record;
    failpoint("operation.end");
    this.#keep(entry.record, causeOf(entry.record));
    failpoint("operation.ended");
    // Whoever waits is told what the next daemon would say too. A disk that cannot be written keeps nobody waiting.
    await this.#seams.journal.saved().catch(() => undefined);
    entry.ended.resolve();
  }

  #keep(record: OperationRecord, because: Because): number {
    this.#seams.journal.keep(`operation ${record.id}`, { kind: "put-operation", record });
    return this.#tell(publicOperation(record), because);
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new HoldfastError("NOT_FOUND", `there is no operation ${id}`, { details: { id } });
    return entry;
  }

  #forgetOld(): void {
    for (const [id, { record }] of this.#entries) {
      if (this.#entries.size <= rememberedOperations) return;
      if (record.state !== "running") this.#entries.delete(id);
    }
  }

  #time(): string {
    return new Date(this.#seams.clock.now()).toISOString();
  }
}

/** What the effects of an operation follow from. */
function causeOf({ told }: OperationRecord): Because {
  return told === undefined ? { origin: { type: "boot", text: beforeUnknown } } : { after: told };
}

/** True when an operation is one of those that are meant. */
export function matches(
  record: Pick<OperationRecord, "project" | "name" | "since">,
  { project, name, since }: OperationFilter,
): boolean {
  return (
    (project === undefined || record.project === project) &&
    (name === undefined || record.name === name) &&
    (since === undefined || Date.parse(record.since) >= since)
  );
}
