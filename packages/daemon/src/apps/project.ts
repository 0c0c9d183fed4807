import { failpoint } from "@holdfast/runtime/failpoints";
import type { Applied, Operation } from "../api/contract.ts";
import type { AppSpec, ProjectSpec } from "../spec/app-spec.ts";
import type { OperationRecord } from "../store/operation-record.ts";
import { App, type Order } from "./app.ts";
import { dependantsAmong, withDependencies } from "./dependencies.ts";
import { DependencyWaiters } from "./dependency-waiters.ts";
import { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";
import { notFound } from "./not-found.ts";
import type { Asked, OperationLog } from "./operation-log.ts";
import { sameSpec } from "./same-spec.ts";

/** What a project needs of the daemon: everything an instance needs but what the project itself gives. */
export type ProjectWorld = Omit<InstanceWorld, "dependencies" | "rested" | "sharesLogFile" | "abortsOnExit">;

/** The apps of one manifest: started in order of dependency, stopped in reverse. */
export class Project {
  readonly #world: InstanceWorld;
  readonly #operations: OperationLog;
  readonly #waiters: DependencyWaiters;
  readonly #apps = new Map<string, App>();
  #spec: ProjectSpec;

  constructor(spec: ProjectSpec, world: ProjectWorld, operations: OperationLog) {
    this.#spec = spec;
    this.#operations = operations;
    this.#waiters = new DependencyWaiters((name) =>
      this.#apps.get(name)?.instances.map((instance) => instance.record),
    );
    this.#world = {
      ...world,
      dependencies: (app, token, onWaiting) => this.#waiters.wait(app, token, onWaiting),
      abortsOnExit: () => this.#spec.abortOnExit,
      sharesLogFile: ({ logFile }) => {
        const writers = this.#spec.apps.filter((app) => app.logFile === logFile);
        return writers.reduce((count, app) => count + app.replicas, 0) > 1;
      },
      rested: (key, how) => this.#rested(key.name, how),
    };
    for (const app of spec.apps) this.#apps.set(app.name, new App(app, this.#world, operations));
  }

  get spec(): ProjectSpec {
    return this.#spec;
  }

  get apps(): ReadonlyMap<string, App> {
    return this.#apps;
  }

  /** The apps of a name: the one that has it, or all of the group that has it. */
  named(name: string): readonly App[] {
    const app = this.#apps.get(name);
    if (app !== undefined) return [app];
    return [...this.#apps.values()].filter((each) => each.spec.group === name);
  }

  /** A state of this project changed. */
  changed(): void {
    this.#waiters.look();
  }

  /**
   * Takes a new spec and brings the apps into line: changed ones are restarted, new ones started, and those that it
   * no longer has are stopped and forgotten if `removeOrphans`. Without `names`, all that are not disabled are started.
   */
  apply(spec: ProjectSpec, names?: readonly string[], removeOrphans = false, asked: Asked = {}): Applied {
    const before = new Map([...this.#apps].map(([name, app]) => [name, app.spec]));
    const wanted = new Map(spec.apps.map((app) => [app.name, app]));
    const added: string[] = [];
    const changed: string[] = [];
    const unchanged: string[] = [];
    const operations: Operation[] = [];

    const orphans = [...before.keys()].filter((name) => !wanted.has(name));
    const kept = removeOrphans ? [] : orphans.flatMap((name) => before.get(name) ?? []);
    this.#spec = { ...spec, apps: [...spec.apps, ...kept] };
    for (const app of spec.apps) {
      const old = before.get(app.name);
      if (old === undefined) {
        added.push(app.name);
        this.#apps.set(app.name, new App(app, this.#world, this.#operations));
      } else if (sameSpec(old, app)) {
        unchanged.push(app.name);
        // What the caller has may differ all the same: the next start uses it.
        this.#apps.get(app.name)?.respecify(app);
      } else {
        changed.push(app.name);
      }
    }
    failpoint("apply.planned");
    for (const name of changed) operations.push(...this.#respecify(name, wanted, asked));
    if (removeOrphans && orphans.length > 0) operations.push(...this.#forget(orphans, asked));

    const toStart = names ?? spec.apps.filter((app) => !app.disabled).map((app) => app.name);
    operations.push(...this.start(this.#expect(toStart), asked));
    return {
      project: spec.name,
      added,
      changed,
      unchanged,
      removed: removeOrphans ? orphans : [],
      operations,
    };
  }

  /** Starts the named apps and all they need, as far as they are not up. Returns the operations it began or joined. */
  start(names: ReadonlySet<string>, order: Order = {}): readonly Operation[] {
    const specs = this.#specs();
    const wanted = withDependencies(names, specs);
    const operations: Operation[] = [];
    for (const [name, app] of this.#apps) {
      if (!wanted.has(name)) continue;
      if ((app.isAlive || app.isRestarting) && order.only === undefined) continue;
      // Disabled apps run when they are named, and not because another one needs them.
      if (app.spec.disabled && !names.has(name)) continue;
      // A job that another one needs is not run again when it is done.
      if (!names.has(name) && app.instances.every((each) => each.record.state.kind === "completed")) continue;
      operations.push(
        app.operate("start", order, async (instances) => settle(instances.map((each) => each.start()))),
      );
    }
    return operations;
  }

  /** Stops the named apps, each after those among them that need it. */
  stop(
    names: ReadonlySet<string>,
    order: Order = {},
    continued?: ReadonlyMap<string, OperationRecord>,
  ): readonly Operation[] {
    const dependants = dependantsAmong(names, this.#specs());
    const stopped = new Map<string, PromiseWithResolvers<void>>();
    for (const name of names) stopped.set(name, Promise.withResolvers<void>());
    const operations: Operation[] = [];
    for (const name of names) {
      const app = this.#apps.get(name);
      if (app === undefined) continue;
      const before = this.#spec.orderedStop ? (dependants.get(name) ?? []) : [];
      operations.push(
        app.operate("stop", withContinued(order, continued?.get(name)), async (instances) => {
          const ends = instances.map((instance) => instance.prepareStop());
          // A cycle cannot be: the manifest was refused. A late or failing dependant holds nobody up for ever.
          await Promise.all(before.flatMap((dependant) => stopped.get(dependant)?.promise ?? []));
          try {
            await settle(ends.map((end) => end(order.timeoutMs)));
          } finally {
            stopped.get(name)?.resolve();
          }
        }),
      );
    }
    return operations;
  }

  /** Restarts the named apps, and those that asked to be restarted with them. */
  restart(names: ReadonlySet<string>, order: Order = {}): readonly Operation[] {
    const also = [...this.#apps.values()].filter(
      (app) =>
        app.isAlive &&
        Object.entries(app.spec.dependsOn).some(([on, { restart }]) => restart && names.has(on)),
    );
    const all = new Set([...names, ...also.map((app) => app.spec.name)]);
    return [...all].flatMap((name) => {
      const app = this.#apps.get(name);
      if (app === undefined) return [];
      return [
        app.operate("restart", order, async (instances) =>
          settle(instances.map((each) => each.restart(order.timeoutMs))),
        ),
      ];
    });
  }

  /** Takes up what an earlier daemon left: the instances first, then the operations that it had under way. */
  async resume(unfinished: readonly OperationRecord[]): Promise<void> {
    const instances = [...this.#apps.values()].flatMap((app) => app.instances);
    await Promise.all(instances.map((instance) => instance.resume()));
    const stops = new Map<string, Map<string, OperationRecord>>();
    for (const record of unfinished) {
      const app = this.#apps.get(record.name);
      if (record.drop !== null) await this.#continueDrop(record, record.drop);
      else if (app === undefined) this.#operations.fail(record.id, "the app is gone");
      else if (record.kind === "stop") {
        // Those that were asked together wait for one another again.
        const alike = `${record.instance} ${record.timeoutMs}`;
        stops.set(alike, (stops.get(alike) ?? new Map()).set(record.name, record));
      } else continueStart(app, record);
    }
    for (const group of stops.values()) {
      const [first] = group.values();
      this.stop(new Set(group.keys()), orderOf(first), group);
    }
    for (const { key, record } of instances) {
      const isLeft = record.state.kind === "stopping" && record.operation === null;
      if (isLeft) this.stop(new Set([key.name]), { only: key.instance });
    }
  }

  /** Every name, or a `NOT_FOUND` that says which there are. */
  #expect(names: Iterable<string>): ReadonlySet<string> {
    const wanted = new Set<string>();
    for (const name of names) {
      const found = this.named(name);
      for (const app of found) wanted.add(app.spec.name);
      if (found.length === 0) {
        throw notFound(`${this.#spec.name} has no app ${name}`, name, [...this.#apps.keys()]);
      }
    }
    return wanted;
  }

  #respecify(name: string, wanted: ReadonlyMap<string, AppSpec>, asked: Asked): readonly Operation[] {
    const app = this.#apps.get(name);
    const spec = wanted.get(name);
    if (app === undefined || spec === undefined) return [];
    const wasAlive = app.isAlive;
    const old = app.spec;
    const surplus = app.respecify(spec);
    const operations: Operation[] = [];
    if (surplus.length > 0) operations.push(this.#drop(old, surplus, asked));
    if (wasAlive) operations.push(...this.restart(new Set([name]), asked));
    return operations;
  }

  #forget(names: readonly string[], asked: Asked): readonly Operation[] {
    return names.flatMap((name) => {
      const app = this.#apps.get(name);
      this.#apps.delete(name);
      return app === undefined ? [] : [this.#drop(app.spec, app.instances, asked)];
    });
  }

  #drop(spec: AppSpec, instances: readonly Instance[], asked: Asked): Operation {
    const { project, name } = spec;
    const drop = { spec, instances: instances.map(({ key }) => key.instance) };
    return this.#operations.begin({ ...asked, kind: "stop", project, name, before: [], drop }, () =>
      this.#dropAll(instances),
    );
  }

  /** No spec has these instances any more: what is known of them stands in the operation alone. */
  async #continueDrop(record: OperationRecord, drop: NonNullable<OperationRecord["drop"]>): Promise<void> {
    const { project, name } = record;
    const instances = drop.instances.map(
      (instance) => new Instance({ project, name, instance }, drop.spec, this.#world),
    );
    await Promise.all(instances.map((instance) => instance.resume()));
    this.#operations.begin(record, () => this.#dropAll(instances));
  }

  async #dropAll(instances: readonly Instance[]): Promise<void> {
    await settle(instances.map((each) => each.stop()));
    failpoint("drop.stopped");
    for (const { key } of instances) this.#world.store.drop(key);
    failpoint("drop.dropped");
    await this.#world.journal.saved();
  }

  /** An instance came to rest by itself; some apps take the whole project with them. */
  #rested(name: string, how: "completed" | "failed" | "skipped"): void {
    const spec = this.#apps.get(name)?.spec;
    if (spec === undefined || !this.#endsWith(spec, how)) return;
    this.stop(new Set([...this.#apps].filter(([, app]) => app.isAlive).map(([other]) => other)));
  }

  #endsWith(spec: AppSpec, how: "completed" | "failed" | "skipped"): boolean {
    if (how === "skipped") return spec.skippedEndsProject === true;
    if (this.#spec.abortOnExit || spec.endsProject === "always") return true;
    return spec.endsProject === "on-failure" && how === "failed";
  }

  #specs(): ReadonlyMap<string, AppSpec> {
    return new Map([...this.#apps].map(([name, app]) => [name, app.spec]));
  }
}

/** Goes on with a start or a restart: an instance with another run than before has had it. */
function continueStart(app: App, record: OperationRecord): void {
  const order = withContinued(orderOf(record), record);
  app.operate(record.kind, order, async (instances) =>
    settle(
      instances.map((instance) => {
        const { cookie } = instance.record;
        const isDone = cookie !== null && !record.before.includes(cookie);
        if (isDone) return instance.isAlive ? instance.start() : Promise.resolve();
        return record.kind === "restart" ? instance.restart(order.timeoutMs) : instance.start();
      }),
    ),
  );
}

function orderOf(record: OperationRecord | undefined): Order {
  return { only: record?.instance ?? undefined, timeoutMs: record?.timeoutMs ?? undefined };
}

function withContinued(order: Order, continued: OperationRecord | undefined): Order {
  return continued === undefined ? order : { ...order, continued };
}

/** Waits for all, and then throws the first failure, if any: none is left running unseen. */
async function settle(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
