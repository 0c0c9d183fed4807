import { HoldfastError, type Random } from "@holdfast/runtime";
import type { World } from "@holdfast/runtime/testing";
import type { DaemonEvent } from "../../../src/api/contract.ts";
import { matches } from "../../../src/apps/operation-log.ts";
import type { DaemonSeams } from "../../../src/daemon-seams.ts";
import { type Delivery, keyOf } from "../../../src/hooks/delivery.ts";
import type { ProjectSpec } from "../../../src/spec/app-spec.ts";
import { type InstanceRecord, keyText } from "../../../src/store/instance-record.ts";
import type { OperationRecord } from "../../../src/store/operation-record.ts";
import type { StateChange } from "../../../src/store/state-database.ts";
import type { DaemonLife } from "./daemon-life.ts";
import { chance } from "./draw.ts";

type Tables = Pick<SimulatedDatabase, "projects" | "instances" | "operations" | "events" | "deliveries">;

/**
 * What is on the disk: all changes of a write or none, and they are there when it returns. The daemon may be killed
 * before they are or after, the disk may be full, and a power cut takes what was not to outlive one.
 */
export class SimulatedDatabase {
  /** While it is, every write throws. */
  isFull = false;
  projects = new Map<string, ProjectSpec>();
  instances = new Map<string, InstanceRecord>();
  operations = new Map<string, OperationRecord>();
  events: DaemonEvent[] = [];
  deliveries = new Map<string, Delivery>();
  /** What a power cut leaves, where that is not all. */
  #safe: Tables | undefined;
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.fork("database");
  }

  seam(life: DaemonLife): DaemonSeams["database"] {
    return {
      load: () => ({
        projects: copied([...this.projects.values()]),
        instances: copied([...this.instances.values()].sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1))),
        operations: copied([...this.operations.values()]),
        deliveries: copied([...this.deliveries.values()]),
      }),
      lastEvent: () => this.events.at(-1)?.seq ?? 0,
      readEvents: (after, limit) => this.events.filter(({ seq }) => seq > after).slice(0, limit),
      readEventsBefore: (before, limit) => this.events.filter(({ seq }) => seq < before).slice(-limit),
      readOperations: ({ limit, ...filter }) =>
        [...this.operations.values()].filter((record) => matches(record, filter)).slice(-limit),
      write: (changes, throughPower) => this.#write(changes, throughPower, life),
    };
  }

  powerOff(): void {
    if (this.#safe === undefined) return;
    Object.assign(this, this.#safe);
    this.#safe = undefined;
    this.#world.mark("a power cut took what was not to outlive it");
  }

  #write(changes: readonly StateChange[], throughPower: boolean, life: DaemonLife): void {
    const { faults } = this.#world;
    if (life.isOver) throw new HoldfastError("KILLED", "nobody writes any more");
    const isBefore = chance(this.#random, 0.5);
    const kills = faults.strikes("killed in a write", 0.01);
    if (kills && isBefore) life.kill("before a write");
    if (this.isFull) {
      this.#world.mark("a write met a full disk");
      throw new HoldfastError("E_NO_SPACE", "no space is left");
    }
    if (throughPower) this.#safe = undefined;
    else this.#safe ??= this.#tables();
    for (const change of changes) this.#apply(change);
    if (kills) life.kill("after a write");
  }

  #tables(): Tables {
    const { projects, instances, operations, events, deliveries } = this;
    return {
      projects: new Map(projects),
      instances: new Map(instances),
      operations: new Map(operations),
      events: [...events],
      deliveries: new Map(deliveries),
    };
  }

  #apply(change: StateChange): void {
    switch (change.kind) {
      case "put-project":
        this.projects.set(change.spec.name, change.spec);
        return;
      case "drop-project":
        this.projects.delete(change.name);
        return;
      case "put-instance":
        this.instances.set(keyText(change.record), change.record);
        return;
      case "drop-instance":
        this.instances.delete(keyText(change.key));
        return;
      case "put-operation":
        this.operations.set(change.record.id, change.record);
        return;
      case "put-event":
        this.#world.assert(
          "I10",
          change.event.seq > (this.events.at(-1)?.seq ?? 0),
          () => `event ${change.event.seq} is written after ${this.events.at(-1)?.seq}`,
        );
        this.events.push(change.event);
        return;
      case "put-delivery":
        this.deliveries.set(keyOf(change.delivery), change.delivery);
        return;
      case "drop-delivery":
        this.deliveries.delete(change.key);
        return;
    }
  }
}

function copied<T>(rows: T): T {
  return JSON.parse(JSON.stringify(rows)) as T;
}
