import { failpoint } from "@holdfast/runtime/failpoints";
import type { Applied, Operation, Plan, PlannedApp } from "../api/contract.ts";
import type { AppSpec, ProjectSpec } from "../spec/app-spec.ts";
import { keyText } from "../store/instance-record.ts";
import type { OperationRecord, Roll } from "../store/operation-record.ts";
import { App, type Order } from "./app.ts";
import { dependantsAmong } from "./dependencies.ts";
import { DependencyWaiters } from "./dependency-waiters.ts";
import { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";
import type { Asked, OperationLog } from "./operation-log.ts";
import { type AppSituation, type PlanRequest, planApply, startsOf } from "./plan.ts";
import { rollApp, usualUpdate } from "./roll.ts";

/** What a project needs of the daemon: everything an instance needs but what the project itself gives. */
export type ProjectWorld = Omit<InstanceWorld, "dependencies" | "rested" | "sharesLogFile" | "abortsOnExit">;

/** The apps of one manifest: started in order of dependency, stopped in reverse. */
export class Project {
  readonly #world: InstanceWorld;
  readonly #operations: OperationLog;
  readonly #waiters: DependencyWaiters;
  readonly #apps = new Map<string, App>();
  /** Instances that no app has any more, until they are stopped and forgotten. */
  readonly #leaving = new Map<string, Instance>();
  #spec: ProjectSpec;

  constructor(spec: ProjectSpec, world: ProjectWorld, operations: OperationLog) {
    this.#spec = spec;
    this.#operations = operations;
    this.#waiters = new DependencyWaiters((name) =>
      this.#apps.get(name)?.instances.map(({ record, willStart }) => {
        return { state: record.state, sawReadyLine: record.sawReadyLine, willStart };
      }),
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
    for (const app of spec.apps) this.#apps.set(app.name, this.#makeApp(app));
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
    const plan = this.plan({ spec, names, removeOrphans });
    const changes = (change: PlannedApp["change"]): readonly string[] =>
      plan.apps.filter((app) => app.change === change).map(({ name }) => name);
    const kept = changes("orphaned").flatMap((name) => this.#apps.get(name)?.spec ?? []);
    const actions = (action: PlannedApp["action"]): ReadonlySet<string> =>
      new Set(plan.apps.filter((app) => app.action === action).map(({ name }) => name));
    const scaled = actions("scale");
    const operations: Operation[] = [];

    const before = new Map([...this.#apps].map(([name, app]) => [name, app.spec]));
    this.#spec = { ...spec, apps: [...spec.apps, ...kept] };
    for (const app of spec.apps) {
      const there = this.#apps.get(app.name);
      if (there === undefined) this.#apps.set(app.name, this.#makeApp(app));
      else operations.push(...this.#respecify(there, app, scaled.has(app.name), asked));
    }
    failpoint("apply.planned");
    // A restart under way may have launched what the spec was before: it is not joined.
    operations.push(
      ...this.restart(
        new Set([...actions("restart"), ...actions("roll")]),
        { ...asked, anew: true },
        (app) => {
          const { update: policy, name } = app.spec;
          const from = changes("changed").includes(name) ? before.get(name) : undefined;
          return policy && { policy, ...(from === undefined ? {} : { from }) };
        },
      ),
    );
    operations.push(...this.#forget(changes("removed"), asked));
    operations.push(...this.#startAll(actions("start"), asked));
    return {
      project: spec.name,
      added: changes("added"),
      changed: changes("changed"),
      unchanged: changes("unchanged"),
      removed: changes("removed"),
      plan,
      operations,
    };
  }

  /** What `apply` would do now. Throws `NOT_FOUND` for a name that the project has not. */
  plan(request: PlanRequest): Plan {
    return planApply(new Map([...this.#apps].map(([name, app]) => [name, situationOf(app)])), request);
  }

  /** Starts the named apps and all they need, as far as they are not up. Returns the operations it began or joined. */
  start(names: ReadonlySet<string>, order: Order = {}): readonly Operation[] {
    const situations = [...this.#apps.values()].map(situationOf);
    // Of one instance it is not known here whether it is up.
    const seen = order.only === undefined ? situations : situations.map(asIfDown);
    return this.#startAll(startsOf(names, seen), order);
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
          const ends = instances
            .filter((instance) => !isLaunchedSince(instance, continued?.get(name)))
            .map((instance) => instance.prepareStop());
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

  /**
   * Restarts the named apps, and those that asked to be restarted with them. `rollOf` says of an app that it is to be
   * done in batches; what runs by a schedule is not.
   */
  restart(
    names: ReadonlySet<string>,
    order: Order = {},
    rollOf: (app: App) => Roll | undefined = () => undefined,
  ): readonly Operation[] {
    const also = [...this.#apps.values()].filter(
      (app) =>
        app.isAlive &&
        Object.entries(app.spec.dependsOn).some(([on, { restart }]) => restart && names.has(on)),
    );
    const all = new Set([...names, ...also.map((app) => app.spec.name)]);
    return [...all].flatMap((name) => {
      const app = this.#apps.get(name);
      if (app === undefined) return [];
      const roll = app.spec.schedule === undefined ? rollOf(app) : undefined;
      if (roll !== undefined) return [this.#roll(app, { ...order, roll })];
      return [
        app.operate("restart", order, async (instances) =>
          settle(instances.map((each) => each.restart(order.timeoutMs))),
        ),
      ];
    });
  }

  #roll(app: App, order: Order): Operation {
    const goBackTo = (spec: AppSpec): readonly Instance[] => {
      const old = app.spec;
      const surplus = app.respecify(spec);
      const apps = this.#spec.apps.map((each) => (each.name === spec.name ? spec : each));
      this.#spec = { ...this.#spec, apps };
      this.#world.journal.keep(`project ${this.#spec.name}`, { kind: "put-project", spec: this.#spec });
      if (surplus.length > 0) this.#drop(old, surplus, {});
      return app.instances;
    };
    return app.operate("restart", order, (instances, turn) => {
      const roll = order.continued?.roll ?? order.roll ?? { policy: usualUpdate };
      return rollApp(roll, instances, turn, { world: this.#world, timeoutMs: order.timeoutMs, goBackTo });
    });
  }

  /** Takes up what an earlier daemon left: the instances first, then the operations that it had under way. */
  async resume(unfinished: readonly OperationRecord[]): Promise<void> {
    // What waits for an app that is yet to be started again would find it stopped.
    const release = this.#waiters.hold();
    const instances = [...this.#apps.values()].flatMap((app) => app.instances);
    await Promise.all(instances.map((instance) => instance.resume()));
    const drops = new Map<string, readonly Instance[]>();
    for (const record of unfinished) drops.set(record.id, await this.#resumeDropped(record));
    // In the order in which they were asked for: the last wish counts, as it would have without a crash.
    let stops = new Map<string, OperationRecord>();
    const goOnWithStops = (): void => {
      const [first] = stops.values();
      if (first !== undefined) this.stop(new Set(stops.keys()), orderOf(first), stops);
      stops = new Map();
    };
    for (const record of unfinished) {
      const app = this.#apps.get(record.name);
      const [first = record] = stops.values();
      // Stops that were asked together wait for one another again.
      const isApart = first.instance !== record.instance || first.timeoutMs !== record.timeoutMs;
      if (record.kind !== "stop" || record.drop !== null || isApart || stops.has(record.name))
        goOnWithStops();
      if (record.drop !== null) {
        this.#operations.begin(record, () => this.#dropAll(drops.get(record.id) ?? []));
      } else if (app === undefined) this.#operations.fail(record.id, "the app is gone");
      else if (record.kind === "stop") stops.set(record.name, record);
      else if (record.roll !== undefined) this.#roll(app, withContinued(orderOf(record), record));
      else continueStart(app, record);
    }
    goOnWithStops();
    for (const { key, record } of instances) {
      const isLeft = record.state.kind === "stopping" && record.operation === null;
      if (isLeft) this.stop(new Set([key.name]), { only: key.instance });
    }
    release();
  }

  #startAll(names: Iterable<string>, order: Order): readonly Operation[] {
    return [...names].flatMap(
      (name) =>
        this.#apps
          .get(name)
          ?.operate("start", order, async (instances) => settle(instances.map((each) => each.start()))) ?? [],
    );
  }

  #respecify(app: App, spec: AppSpec, isScaled: boolean, asked: Asked): readonly Operation[] {
    const old = app.spec;
    const surplus = app.respecify(spec);
    const operations: Operation[] = [];
    if (surplus.length > 0) operations.push(this.#drop(old, surplus, asked));
    if (!isScaled) return operations;
    for (const { key } of app.instances.slice(old.replicas))
      operations.push(...this.#startAll([spec.name], { ...asked, only: key.instance }));
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
    const before = instances.flatMap(({ record }) => record.cookie ?? []);
    for (const instance of instances) this.#leaving.set(keyText(instance.key), instance);
    return this.#operations.begin({ ...asked, kind: "stop", project, name, before, drop }, () =>
      this.#dropAll(instances),
    );
  }

  /** No spec has these instances any more, unless they were taken back: what is known of them stands in the operation. */
  async #resumeDropped({ project, name, drop, before }: OperationRecord): Promise<readonly Instance[]> {
    if (drop === null) return [];
    const own = this.#apps.get(name)?.instances ?? [];
    const known = own.filter(({ key }) => drop.instances.includes(key.instance));
    const keys = drop.instances.map((instance) => ({ project, name, instance }));
    const gone: Instance[] = [];
    for (const key of keys) {
      if (known.some((instance) => instance.key.instance === key.instance)) continue;
      const instance = this.#leaving.get(keyText(key)) ?? new Instance(key, drop.spec, this.#world);
      if (!this.#leaving.has(keyText(key))) await instance.resume();
      this.#leaving.set(keyText(key), instance);
      gone.push(instance);
    }
    // One with another run than then was started since.
    return [...gone, ...known.filter(({ record }) => before.includes(record.cookie ?? ""))];
  }

  async #dropAll(instances: readonly Instance[]): Promise<void> {
    await settle(instances.map((each) => each.stop()));
    failpoint("drop.stopped");
    for (const instance of instances) {
      const key = keyText(instance.key);
      // It may have been taken back meanwhile.
      if (this.#leaving.get(key) !== instance) continue;
      this.#leaving.delete(key);
      this.#world.store.drop(instance.key);
    }
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

  #makeApp(spec: AppSpec): App {
    return new App(spec, this.#world, this.#operations, (key) => {
      const leaving = this.#leaving.get(keyText(key));
      this.#leaving.delete(keyText(key));
      return leaving;
    });
  }

  #specs(): ReadonlyMap<string, AppSpec> {
    return new Map([...this.#apps].map(([name, app]) => [name, app.spec]));
  }
}

function situationOf(app: App): AppSituation {
  const { spec, isAlive, isWhole, isRestarting } = app;
  const isDone = app.instances.every(({ record }) => record.state.kind === "completed");
  return { spec, isAlive, isWhole, isRestarting, isDone };
}

function asIfDown(situation: AppSituation): AppSituation {
  return { ...situation, isWhole: false, isRestarting: false };
}

/** Goes on with a start or a restart: an instance with another run than before has had it. */
function continueStart(app: App, record: OperationRecord): void {
  const order = withContinued(orderOf(record), record);
  app.operate(record.kind, order, async (instances) =>
    settle(
      instances.map((instance) => {
        if (isLaunchedSince(instance, record)) return instance.isAlive ? instance.start() : Promise.resolve();
        return record.kind === "restart" ? instance.restart(order.timeoutMs) : instance.start();
      }),
    ),
  );
}

/** True when it had another run when the operation was asked for: a start or a restart has had it, a stop was followed by one. */
function isLaunchedSince({ record: { cookie } }: Instance, operation: OperationRecord | undefined): boolean {
  return operation !== undefined && cookie !== null && !operation.before.includes(cookie);
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
