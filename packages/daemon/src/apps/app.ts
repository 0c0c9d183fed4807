import { failpoint } from "@holdfast/runtime/failpoints";
import type { Operation, OperationKind } from "../api/contract.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { OperationRecord, Roll } from "../store/operation-record.ts";
import { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";
import type { Asked, OperationLog } from "./operation-log.ts";

/** How an operation is to be done, and for whom. */
export interface Order extends Asked {
  /** This instance alone. */
  readonly only?: number | undefined;
  /** An operation of the same kind that is under way is not joined. */
  readonly anew?: boolean;
  /** A restart in batches. */
  readonly roll?: Roll | undefined;
  /** Replaces the app's own grace. */
  readonly timeoutMs?: number | undefined;
  /** The operation that a crash left under way, to be gone on with. */
  readonly continued?: OperationRecord;
}

/** An operation's own view of itself. */
export interface Turn {
  /** The runs that were the last ones when it began. */
  readonly before: readonly string[];
  /** False once another operation works on the app. */
  isCurrent(): boolean;
  keepRoll(roll: Roll): void;
}

/** An app: its spec, and as many instances as the spec says. */
export class App {
  readonly #world: InstanceWorld;
  readonly #operations: OperationLog;
  #spec: AppSpec;
  #instances: Instance[];
  #current: { readonly operation: Operation } | undefined;

  constructor(spec: AppSpec, world: InstanceWorld, operations: OperationLog) {
    this.#spec = spec;
    this.#world = world;
    this.#operations = operations;
    this.#instances = this.#makeInstances(spec.replicas);
  }

  get spec(): AppSpec {
    return this.#spec;
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  get isAlive(): boolean {
    return this.#instances.some((instance) => instance.isAlive);
  }

  /** True while it is being restarted, and so need not be started. */
  get isRestarting(): boolean {
    return this.#current?.operation.kind === "restart";
  }

  /** The next start uses this spec. Instances beyond its replicas are returned: stop and drop them. */
  respecify(spec: AppSpec): readonly Instance[] {
    this.#spec = spec;
    const surplus = this.#instances.slice(spec.replicas);
    this.#instances = [
      ...this.#instances.slice(0, spec.replicas),
      ...this.#makeInstances(spec.replicas).slice(this.#instances.length),
    ];
    for (const instance of this.#instances) instance.respecify(spec);
    return surplus;
  }

  /** Begins an operation on all instances, or on one of them. A second one of the same kind joins the first. */
  operate(
    kind: OperationKind,
    order: Order,
    work: (instances: readonly Instance[], turn: Turn) => Promise<void>,
  ): Operation {
    const current = this.#current?.operation;
    const { only, timeoutMs, continued, by, key, roll, anew = kind === "stop" || only !== undefined } = order;
    if (current?.kind === kind && !anew) return current;
    const instances = this.#instances.filter(
      (instance) => only === undefined || instance.key.instance === only,
    );
    const { project, name } = this.#spec;
    const request = continued ?? {
      kind,
      project,
      name,
      before: instances.flatMap(({ record }) => record.cookie ?? []),
      ...(by === undefined ? {} : { by }),
      ...(key === undefined ? {} : { key }),
      ...(only === undefined ? {} : { instance: only }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(roll === undefined ? {} : { roll }),
    };
    const turn: Turn = {
      before: request.before,
      isCurrent: () => this.#current?.operation === operation,
      keepRoll: (now) => this.#operations.keepRoll(operation.id, now),
    };
    const operation = this.#operations.begin(request, async () => {
      try {
        await work(instances, turn);
        failpoint("operation.done");
        // Acknowledged means durable.
        await this.#world.journal.saved();
      } finally {
        if (this.#current?.operation === operation) {
          this.#current = undefined;
          this.#mark(instances, null);
        }
      }
    });
    this.#current = { operation };
    this.#mark(instances, operation);
    return operation;
  }

  #mark(instances: readonly Instance[], operation: Operation | null): void {
    for (const { key } of instances) {
      this.#world.store.update(key, {
        operation:
          operation === null
            ? null
            : { id: operation.id, kind: operation.kind, since: Date.parse(operation.since) },
      });
    }
  }

  #makeInstances(count: number): Instance[] {
    const { project, name } = this.#spec;
    return Array.from(
      { length: count },
      (_, index) => new Instance({ project, name, instance: index + 1 }, this.#spec, this.#world),
    );
  }
}
