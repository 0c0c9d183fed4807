import { failpoint } from "@holdfast/runtime/failpoints";
import type { Applied, Operation, Origin, Plan, PlannedApp } from "../api/contract.ts";
import type { Because } from "../events/because.ts";
import type { AppSpec, ProjectSpec } from "../spec/app-spec.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { OperationRecord, Roll } from "../store/operation-record.ts";
import { App, type Order } from "./app.ts";
import { asIfDown, situationOf } from "./app-situation.ts";
import { continueStart, isLaunchedSince, orderOf, whyGone, withContinued } from "./continued.ts";
import { DependencyWaiters } from "./dependency-waiters.ts";
import type { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";
import { Leaving } from "./leaving.ts";
import type { Asked, OperationLog } from "./operation-log.ts";
import { type PlanRequest, planApply, startsOf } from "./plan.ts";
import { refuseNeeded, refuseRemoved, removeApps } from "./remove-apps.ts";
import { rollApp, usualUpdate } from "./roll.ts";
import { settle } from "./settle.ts";
import { StopOrder } from "./stop-order.ts";

/** What a project needs of the daemon: everything an instance needs but what the project itself gives. */
export type ProjectWorld = Omit<InstanceWorld, "dependencies" | "rested" | "sharesLogFile" | "abortsOnExit">;

/** The apps of one manifest: started in order of dependency, stopped in reverse. */
export class Project {
  readonly #world: InstanceWorld;
  readonly #operations: OperationLog;
  readonly #waiters: DependencyWaiters;
  readonly #apps = new Map<string, App>();
  readonly #leaving: Leaving;
  readonly #forgot: (name: string, because: Because) => void;
  #spec: ProjectSpec;

  /** `forgot` is told of each app that was removed. */
  constructor(
    spec: ProjectSpec,
    world: ProjectWorld,
    operations: OperationLog,
    forgot: (name: string, because: Because) => void,
  ) {
    this.#spec = spec;
    this.#forgot = forgot;
    this.#operations = operations;
    this.#waiters = new DependencyWaiters(
      (name) =>
        this.#apps.get(name)?.instances.map(({ record, willStart }) => {
          return { state: record.state, sawReadyLine: record.sawReadyLine, willStart };
        }),
      (name) => this.#apps.get(name)?.lastTold,
    );
    this.#world = {
      ...world,
      dependencies: (app, token, onWaiting) => this.#waiters.wait(app, token, onWaiting),
      abortsOnExit: () => this.#spec.abortOnExit,
      sharesLogFile: ({ logFile }) => {
        const writers = this.#spec.apps.filter((app) => app.logFile === logFile);
        return writers.reduce((count, app) => count + app.replicas, 0) > 1;
      },
      rested: (key, how) => this.#rested(key, how),
    };
    this.#leaving = new Leaving(this.#world, operations);
    for (const app of spec.apps) this.#apps.set(app.name, this.#makeApp(app));
  }

  get spec(): ProjectSpec {
    return this.#spec;
  }

  get apps(): ReadonlyMap<string, App> {
    return this.#apps;
  }

  /** True when there is nothing of it. */
  get isEmpty(): boolean {
    return this.#apps.size === 0 && this.#leaving.isEmpty;
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
    // One that is being removed stays until that is through: a daemon that goes on with it must know it.
    const leaving = changes("removed").filter((name) => this.#apps.get(name)?.removal !== undefined);
    const kept = [...changes("orphaned"), ...leaving].flatMap((name) => this.#apps.get(name)?.spec ?? []);
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

  /** What `apply` would do now. Throws `NOT_FOUND` for a name that the project has not, and `CONFLICT` during a removal. */
  plan(request: PlanRequest): Plan {
    for (const { name } of request.spec.apps) refuseRemoved(this.#apps.get(name));
    return planApply(new Map([...this.#apps].map(([name, app]) => [name, situationOf(app)])), request);
  }

  /** Starts the named apps and all they need, as far as they are not up. Returns the operations it began or joined. */
  start(names: ReadonlySet<string>, order: Order = {}): readonly Operation[] {
    const apps = [...this.#apps.values()];
    const situations = apps.map(situationOf);
    // Of one instance it is not known here whether it is up.
    const seen = order.only === undefined ? situations : situations.map(asIfDown);
    const starts = startsOf(names, seen);
    const joined = apps.flatMap((app) => {
      const { spec, startUnderWay } = app;
      if (startUnderWay === undefined || starts.has(spec.name) || !names.has(spec.name)) return [];
      return [app.join(startUnderWay, "start", order)];
    });
    return [...joined, ...this.#startAll(starts, order)];
  }

  /** Stops the named apps, each after those among them that need it. */
  stop(
    names: ReadonlySet<string>,
    order: Order = {},
    continued?: ReadonlyMap<string, OperationRecord>,
  ): readonly Operation[] {
    const turns = new StopOrder(names, this.#specs(), this.#spec.orderedStop, order.timeoutMs);
    return [...names].flatMap((name) => {
      const app = this.#apps.get(name);
      if (app === undefined) return [];
      if (app.removal !== undefined) {
        void turns.inTurn(name, () => Promise.resolve());
        return [app.join(app.removal, "stop", order)];
      }
      return [
        app.operate("stop", withContinued(order, continued?.get(name)), async (instances, { because }) => {
          const ends = instances
            .filter((instance) => !isLaunchedSince(instance, continued?.get(name)))
            .map((instance) => instance.prepareStop(because, { budgetMs: turns.budgetMs(name) }));
          await turns.inTurn(name, () => settle(ends.map((end) => end(order.timeoutMs))));
        }),
      ];
    });
  }

  /** Stops the named apps, as `stop` does, deletes their output unless `keepData`, and forgets them. */
  remove(
    names: ReadonlySet<string>,
    order: Order = {},
    continued?: ReadonlyMap<string, OperationRecord>,
  ): readonly Operation[] {
    const { orderedStop: isOrdered } = this.#spec;
    return removeApps(
      names,
      order,
      {
        apps: this.#apps,
        isOrdered,
        world: this.#world,
        stopSurplus: ({ spec }, because, timeoutMs) => this.#leaving.stopped(spec.name, because, timeoutMs),
        forget: ({ spec: { name } }, because) => this.#forgetOne(name, because),
      },
      continued,
    );
  }

  /** Throws `CONFLICT` when an app that stays needs one of those. */
  expectUnneeded(names: ReadonlySet<string>): void {
    refuseNeeded(names, this.#apps);
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
      if (app === undefined || app.removal !== undefined) return [];
      const roll = app.spec.schedule === undefined ? rollOf(app) : undefined;
      if (roll !== undefined) return [this.#roll(app, { ...order, roll })];
      return [
        app.operate("restart", order, async (instances, { because }) =>
          settle(instances.map((each) => each.restart(because, order.timeoutMs))),
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
      if (surplus.length > 0) this.#leaving.drop(old, surplus, {});
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
    for (const record of unfinished) {
      const own = this.#apps.get(record.name)?.instances ?? [];
      drops.set(record.id, await this.#leaving.resume(record, own));
    }
    // In the order in which they were asked for: the last wish counts, as it would have without a crash.
    let group = new Map<string, OperationRecord>();
    const goOnWithGroup = (): void => {
      const [first] = group.values();
      const names = new Set(group.keys());
      if (first?.kind === "stop") this.stop(names, orderOf(first), group);
      else if (first?.kind === "remove") this.remove(names, orderOf(first), group);
      group = new Map();
    };
    for (const record of unfinished) {
      const app = this.#apps.get(record.name);
      const isStop = record.kind === "stop" || record.kind === "remove";
      const [first = record] = group.values();
      // Stops that were asked together wait for one another again.
      const isApart =
        first.kind !== record.kind ||
        first.instance !== record.instance ||
        first.timeoutMs !== record.timeoutMs;
      if (!isStop || record.drop !== null || isApart || group.has(record.name)) goOnWithGroup();
      if (record.drop !== null) this.#leaving.goOn(record, drops.get(record.id) ?? []);
      else if (app === undefined) this.#operations.settle(record.id, whyGone(record));
      else if (isStop) group.set(record.name, record);
      else if (record.roll !== undefined) this.#roll(app, withContinued(orderOf(record), record));
      else continueStart(app, record);
    }
    goOnWithGroup();
    for (const instance of instances.filter(({ record }) => record.operation === null)) {
      const { name, instance: only } = instance.key;
      // Nobody goes on with what set that state.
      if (instance.record.state.kind === "removing") instance.keep();
      if (instance.record.state.kind === "stopping")
        this.stop(new Set([name]), { only, because: stillStopping });
    }
    release();
  }

  #startAll(names: Iterable<string>, order: Order): readonly Operation[] {
    return [...names].flatMap((name) => {
      const app = this.#apps.get(name);
      if (app === undefined || app.removal !== undefined) return [];
      return app.operate("start", order, async (instances, { because }) =>
        settle(instances.map((each) => each.start(because))),
      );
    });
  }

  #forgetOne(name: string, because: Because): void {
    this.#apps.delete(name);
    this.#spec = { ...this.#spec, apps: this.#spec.apps.filter((app) => app.name !== name) };
    this.#world.journal.keep(
      `project ${this.#spec.name}`,
      this.isEmpty
        ? { kind: "drop-project", name: this.#spec.name }
        : { kind: "put-project", spec: this.#spec },
    );
    this.#forgot(name, because);
  }

  #respecify(app: App, spec: AppSpec, isScaled: boolean, asked: Asked): readonly Operation[] {
    const old = app.spec;
    const surplus = app.respecify(spec);
    const operations: Operation[] = [];
    if (surplus.length > 0) operations.push(this.#leaving.drop(old, surplus, asked));
    if (!isScaled) return operations;
    for (const { key } of app.instances.slice(old.replicas))
      operations.push(...this.#startAll([spec.name], { ...asked, only: key.instance }));
    return operations;
  }

  #forget(names: readonly string[], asked: Asked): readonly Operation[] {
    return names.flatMap((name) => {
      const app = this.#apps.get(name);
      if (app?.removal !== undefined) return [app.join(app.removal, "stop", asked)];
      this.#apps.delete(name);
      return app === undefined ? [] : [this.#leaving.drop(app.spec, app.instances, asked)];
    });
  }

  /** An instance came to rest by itself; some apps take the whole project with them. */
  #rested(key: InstanceKey, how: "completed" | "failed" | "skipped"): void {
    const spec = this.#apps.get(key.name)?.spec;
    if (spec === undefined || !this.#endsWith(spec, how)) return;
    const after = this.#world.store.get(key).told?.last;
    const origin: Origin = { type: "dependency", app: key.name, condition: how };
    this.stop(new Set([...this.#apps].filter(([, app]) => app.isAlive).map(([other]) => other)), {
      because: after === undefined ? { origin } : { origin, after },
    });
  }

  #endsWith(spec: AppSpec, how: "completed" | "failed" | "skipped"): boolean {
    if (how === "skipped") return spec.skippedEndsProject === true;
    if (this.#spec.abortOnExit || spec.endsProject === "always") return true;
    return spec.endsProject === "on-failure" && how === "failed";
  }

  #makeApp(spec: AppSpec): App {
    return new App(spec, this.#world, this.#operations, (key) => this.#leaving.takeBack(key));
  }

  #specs(): ReadonlyMap<string, AppSpec> {
    return new Map([...this.#apps].map(([name, app]) => [name, app.spec]));
  }
}

const stillStopping: Because = {
  origin: { type: "boot", text: "the daemon began, and it was being stopped" },
};
