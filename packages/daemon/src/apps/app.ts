import { failpoint } from "@holdfast/runtime/failpoints";
import type { Operation, OperationKind } from "../api/contract.ts";
import { type Because, follows } from "../events/because.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { InstanceKey } from "../store/instance-record.ts";
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
  /** Of a removal: its output stays where it is. */
  readonly keepData?: true | undefined;
  /** Replaces the app's own grace. */
  readonly timeoutMs?: number | undefined;
  /** The operation that a crash left under way, to be gone on with. */
  readonly continued?: OperationRecord;
}

/** An operation's own view of itself. */
export interface Turn {
  /** The runs that were the last ones when it began. */
  readonly before: readonly string[];
  /** What its effects follow from: the event that told of its beginning. */
  readonly because: Because;
  /** False once another operation works on the app. */
  isCurrent(): boolean;
  keepRoll(roll: Roll): void;
}

/** An app: its spec, and as many instances as the spec says. */
export class App {
  readonly #world: InstanceWorld;
  readonly #operations: OperationLog;
  readonly #takeBack: (key: InstanceKey) => Instance | undefined;
  #spec: AppSpec;
  #instances: Instance[];
  #current: { readonly operation: Operation; readonly instances: readonly Instance[] } | undefined;

  /** `takeBack` gives the instance of a key that is still being stopped for good, if there is one: it is the same one. */
  constructor(
    spec: AppSpec,
    world: InstanceWorld,
    operations: OperationLog,
    takeBack: (key: InstanceKey) => Instance | undefined,
  ) {
    this.#spec = spec;
    this.#world = world;
    this.#operations = operations;
    this.#takeBack = takeBack;
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

  /** True when there is nothing of it to start: each instance is up, or has done its work beside one that is. */
  get isWhole(): boolean {
    return (
      this.isAlive && this.#instances.every((each) => each.isAlive || each.record.state.kind === "completed")
    );
  }

  /** True while it is being restarted, and so need not be started. */
  get isRestarting(): boolean {
    return this.#current?.operation.kind === "restart";
  }

  /** The operation after which it will be up, while there is one. */
  get startUnderWay(): Operation | undefined {
    const { operation } = this.#current ?? {};
    return operation?.kind === "start" || operation?.kind === "restart" ? operation : undefined;
  }

  /** The operation that removes it, while there is one: only that one leaves the state it set. */
  get removal(): Operation | undefined {
    return this.#current?.operation.kind === "remove" ? this.#current.operation : undefined;
  }

  /** The number of the last event that told of any of its instances. */
  get lastTold(): number | undefined {
    const last = Math.max(0, ...this.#instances.map(({ record }) => record.told?.last ?? 0));
    return last === 0 ? undefined : last;
  }

  /** True while an operation works on it. */
  get isWorkedOn(): boolean {
    return this.#current !== undefined;
  }

  /** The next start uses this spec. Instances beyond its replicas are returned: stop and drop them. */
  respecify(spec: AppSpec): readonly Instance[] {
    this.#spec = spec;
    const surplus = this.#instances.slice(spec.replicas);
    this.#instances = [
      ...this.#instances.slice(0, spec.replicas),
      ...this.#makeInstances(spec.replicas, this.#instances.length),
    ];
    for (const instance of this.#instances) instance.respecify(spec);
    return surplus;
  }

  /** A request that is fulfilled by an operation under way is that one; a removal gets less time, if this one says so. */
  join(operation: Operation, kind: OperationKind, order: Order): Operation {
    const { timeoutMs } = order;
    if (operation.kind === "remove" && timeoutMs !== undefined)
      for (const instance of this.#instances) instance.hurry(timeoutMs);
    return this.#operations.join(operation, kind, order);
  }

  /** Begins an operation on all instances, or on one of them. A second one of the same kind joins the first. */
  operate(
    kind: OperationKind,
    order: Order,
    work: (instances: readonly Instance[], turn: Turn) => Promise<void>,
  ): Operation {
    const { only, timeoutMs, continued, by, key, roll, keepData, because } = order;
    const { anew = kind === "stop" || only !== undefined } = order;
    const instances = this.#instances.filter(
      (instance) => only === undefined || instance.key.instance === only,
    );
    const current = this.#current;
    if (!anew && continued === undefined && current?.operation.kind === kind) {
      // One that began before there were more instances does not do for them.
      if (instances.every((instance) => current.instances.includes(instance)))
        return this.#operations.join(current.operation, kind, order);
    }
    const { project, name } = this.#spec;
    const request = continued ?? {
      kind,
      project,
      name,
      before: instances.flatMap(({ record }) => record.cookie ?? []),
      ...(by === undefined ? {} : { by }),
      ...(because === undefined ? {} : { because }),
      ...(key === undefined ? {} : { key }),
      ...(only === undefined ? {} : { instance: only }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(roll === undefined ? {} : { roll }),
      ...(keepData === undefined ? {} : { keepData }),
    };
    const turn: Turn = {
      before: request.before,
      get because() {
        return told;
      },
      isCurrent: () => this.#current?.operation === operation,
      keepRoll: (now) => this.#operations.keepRoll(operation.id, now),
    };
    let told: Because = follows;
    const operation = this.#operations.begin(request, async (own) => {
      told = own;
      try {
        await work(instances, turn);
        failpoint("operation.done");
        // Acknowledged means durable.
        await this.#world.journal.saved();
      } finally {
        if (this.#current?.operation === operation) this.#current = undefined;
        // Those that another operation works on by now are marked with that one.
        this.#mark(
          instances.filter(({ record }) => record.operation?.id === operation.id),
          null,
        );
      }
    });
    this.#current = { operation, instances };
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

  /** Those from the `known`th on, up to `count`. */
  #makeInstances(count: number, known = 0): Instance[] {
    const { project, name } = this.#spec;
    return Array.from({ length: Math.max(0, count - known) }, (_, index) => {
      const key = { project, name, instance: known + index + 1 };
      const leaving = this.#takeBack(key);
      leaving?.respecify(this.#spec);
      return leaving ?? new Instance(key, this.#spec, this.#world);
    });
  }
}
