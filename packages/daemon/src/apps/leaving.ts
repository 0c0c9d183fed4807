import { failpoint } from "@holdfast/runtime/failpoints";
import type { Operation } from "../api/contract.ts";
import type { Because } from "../events/because.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import { type InstanceKey, keyText } from "../store/instance-record.ts";
import type { OperationRecord } from "../store/operation-record.ts";
import { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";
import type { Asked, OperationLog } from "./operation-log.ts";
import { settle } from "./settle.ts";

/** Instances that no app has any more: orphans, and those beyond the number of replicas. They are stopped and forgotten. */
export class Leaving {
  readonly #world: InstanceWorld;
  readonly #operations: OperationLog;
  readonly #instances = new Map<string, Instance>();

  constructor(world: InstanceWorld, operations: OperationLog) {
    this.#world = world;
    this.#operations = operations;
  }

  get isEmpty(): boolean {
    return this.#instances.size === 0;
  }

  /** The instance of a key, if it has not gone yet: it belongs to an app again. */
  takeBack(key: InstanceKey): Instance | undefined {
    const leaving = this.#instances.get(keyText(key));
    this.#instances.delete(keyText(key));
    return leaving;
  }

  /** Resolves once nothing runs of those of an app that are leaving now. */
  stopped(name: string, because: Because, timeoutMs?: number): Promise<void> {
    const own = [...this.#instances.values()].filter(({ key }) => key.name === name);
    return settle(own.map((each) => each.stop(because, timeoutMs)));
  }

  /** Stops them and forgets them. */
  drop(spec: AppSpec, instances: readonly Instance[], asked: Asked): Operation {
    const { project, name } = spec;
    const drop = { spec, instances: instances.map(({ key }) => key.instance) };
    const before = instances.flatMap(({ record }) => record.cookie ?? []);
    for (const instance of instances) this.#instances.set(keyText(instance.key), instance);
    return this.#operations.begin({ ...asked, kind: "stop", project, name, before, drop }, (because) =>
      this.#dropAll(instances, because),
    );
  }

  /** Goes on with a drop that a crash left, of the instances that `resume` gave. */
  goOn(record: OperationRecord, instances: readonly Instance[]): void {
    this.#operations.begin(record, (because) => this.#dropAll(instances, because));
  }

  /**
   * Takes up what a drop left. No spec has these instances any more, unless they were taken back (`own` are the app's
   * present ones): what is known of them stands in the operation.
   */
  async resume(
    { project, name, drop, before }: OperationRecord,
    own: readonly Instance[],
  ): Promise<readonly Instance[]> {
    if (drop === null) return [];
    const known = own.filter(({ key }) => drop.instances.includes(key.instance));
    const keys = drop.instances.map((instance) => ({ project, name, instance }));
    const gone: Instance[] = [];
    for (const key of keys) {
      if (known.some((instance) => instance.key.instance === key.instance)) continue;
      const instance = this.#instances.get(keyText(key)) ?? new Instance(key, drop.spec, this.#world);
      if (!this.#instances.has(keyText(key))) await instance.resume();
      this.#instances.set(keyText(key), instance);
      gone.push(instance);
    }
    // One with another run than then was started since.
    return [...gone, ...known.filter(({ record }) => before.includes(record.cookie ?? ""))];
  }

  async #dropAll(instances: readonly Instance[], because: Because): Promise<void> {
    await settle(instances.map((each) => each.stop(because)));
    failpoint("drop.stopped");
    for (const instance of instances) {
      const key = keyText(instance.key);
      // It may have been taken back meanwhile.
      if (this.#instances.get(key) !== instance) continue;
      this.#instances.delete(key);
      this.#world.store.drop(instance.key);
    }
    failpoint("drop.dropped");
    await this.#world.journal.saved();
  }
}
