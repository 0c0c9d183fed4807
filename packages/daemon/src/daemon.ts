import { ShutdownToken, TaskRegistry } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type {
  Applied,
  AppStatus,
  LogStream,
  Operation,
  OperationKind,
  Origin,
  Plan,
  SystemDescription,
  SystemInfo,
  Target,
  WebhookStatus,
} from "./api/contract.ts";
import { Admission } from "./apps/admission.ts";
import { type AdoptionNote, adoptStrays } from "./apps/adopt-strays.ts";
import type { Order } from "./apps/app.ts";
import { limitWarning } from "./apps/limit-warning.ts";
import { type Asked, OperationLog } from "./apps/operation-log.ts";
import { type PlanRequest, planApply } from "./apps/plan.ts";
import { Project } from "./apps/project.ts";
import { Projects } from "./apps/projects.ts";
import { refuseContainers } from "./apps/refuse-containers.ts";
import { usualUpdate } from "./apps/roll.ts";
import type { DaemonSeams, ShutdownWish } from "./daemon-seams.ts";
import { AppViews } from "./describe/app-views.ts";
import type { Because } from "./events/because.ts";
import { Chronicle } from "./events/chronicle.ts";
import { EventLog } from "./events/event-log.ts";
import { Outbox } from "./hooks/outbox.ts";
import type { LogSource } from "./logs/instance-output.ts";
import { letGoEvent } from "./logs/let-go-event.ts";
import type { LogBook } from "./logs/log-book.ts";
import { ProbeBook } from "./probes/probe-book.ts";
import type { AppSpec, ProjectSpec } from "./spec/app-spec.ts";
import { runningUsages, UsageLog } from "./stats/usage-log.ts";
import { AppStore, type RecordChange } from "./store/app-store.ts";
import type { InstanceKey } from "./store/instance-record.ts";
import { Journal } from "./store/journal.ts";
import { AppWatches } from "./watch/app-watches.ts";

const wasFound: Because = {
  origin: { type: "boot", text: "the daemon found a run that nothing was written of" },
};
const daemonStops: Because = { origin: { type: "boot", text: "the daemon was stopped" } };
/** How long commands that are owed may keep a daemon that has stopped its apps; the next one runs what is left. */
const exitCommandsMs = 5_000;

/** The apps of one machine: all projects, behind one set of calls that the API exposes. */
export class Daemon {
  readonly events: EventLog;
  readonly operations: OperationLog;
  readonly logs: LogBook;
  readonly usage: UsageLog;
  /** Apps looked at closely. */
  readonly views: AppViews;
  readonly tasks: TaskRegistry;
  /** Resolves when somebody asked the daemon to end. */
  readonly shutdownAsked: Promise<ShutdownWish>;
  readonly requestShutdown: (wish: ShutdownWish) => void;
  readonly #seams: DaemonSeams;
  readonly #store: AppStore;
  readonly #journal: Journal;
  readonly #projects = new Projects();
  readonly #chronicle: Chronicle;
  readonly #probes = new ProbeBook();
  readonly #watches: AppWatches;
  readonly #outbox: Outbox;
  readonly #admission: Admission;

  constructor(seams: DaemonSeams) {
    const { clock, random } = seams;
    this.#seams = seams;
    this.#admission = new Admission({ hasRoom: seams.hasRoom, runner: seams.machine.runner });
    this.logs = seams.logs;
    this.tasks = new TaskRegistry(new ShutdownToken(), { clock });
    const journal = new Journal(clock, seams.database, seams.atEndOfTurn);
    this.#journal = journal;
    this.events = new EventLog(clock, journal, seams.database);
    this.#chronicle = new Chronicle({
      clock,
      events: this.events,
      store: () => this.#store,
      specOf: (key) => this.#projects.specOf(key),
    });
    this.operations = new OperationLog(
      { clock, random, tasks: this.tasks, journal, archive: seams.database },
      (operation, because) => this.#chronicle.operation(operation, because),
    );
    this.#outbox = new Outbox({
      clock,
      random,
      journal,
      tasks: this.tasks,
      machine: seams.hooks,
      webhooks: (project) => this.#projects.find(project)?.spec.webhooks ?? [],
      tell: (project, name, message, about) => {
        // An end is told of by its app's last event.
        const after =
          about ?? (name === null ? undefined : this.#projects.appOf({ project, name })?.lastTold);
        this.#chronicle.hook(project, name, message, after === undefined ? {} : { after });
      },
    });
    this.events.onEvent((event) => this.#outbox.told(event));
    this.#store = new AppStore(clock, journal);
    this.#store.onChange((change) => this.#changed(change));
    this.logs.onLetGo((letGo) => this.events.publish(letGoEvent(letGo)));
    this.usage = new UsageLog({
      clock,
      read: () => runningUsages(this.#store.list(), seams.machine.runner.usage?.()),
      isKnown: (key) => this.#projects.specOf(key) !== undefined,
    });
    this.views = new AppViews({
      clock,
      projects: this.#projects,
      probes: this.#probes,
      events: this.events,
      logs: this.logs,
      environment: seams.machine.environment,
    });
    this.#watches = new AppWatches({
      clock,
      watchFiles: seams.watchFiles,
      restart: (app, cause) => this.#restartWatched(app, cause),
      trouble: (app, text) =>
        this.#chronicle.tell("warning", app, `not all of ${app.name} is watched: ${text}`, {
          origin: { type: "shortage", text },
        }),
    });
    const asked = Promise.withResolvers<ShutdownWish>();
    this.shutdownAsked = asked.promise;
    this.requestShutdown = asked.resolve;
  }

  /** Takes up all that an earlier daemon left. Resolves when every run of it is watched again or known to be over. */
  async resume(): Promise<void> {
    const kept = this.#seams.database.load();
    failpoint("resume.loaded");
    const known = new Set(kept.instances.flatMap(({ cookie }) => cookie ?? []));
    const strays = this.#seams.machine.runner.strays(known);
    const adopted = adoptStrays(kept, strays, {
      now: this.#seams.clock.now(),
      isLive: (cookie) => this.#seams.machine.runner.isLive(cookie),
    });
    this.#store.restore(kept.instances);
    for (const record of adopted.instances) this.#store.update(record, record, wasFound);
    for (const spec of kept.projects) this.#projects.set(spec.name, this.#makeProject(spec));
    this.#outbox.restore(kept.deliveries ?? []);
    const unfinished = Map.groupBy(this.operations.restore(kept.operations), ({ project }) => project);
    this.#tellRestored(adopted.told);
    for (const [name, records] of unfinished) {
      if (this.#projects.find(name) !== undefined) continue;
      for (const { id, kind } of records)
        this.operations.settle(id, kind === "remove" ? null : `there is no project ${name}`);
    }
    await Promise.all(
      this.#projects.all().map((project) => project.resume(unfinished.get(project.spec.name) ?? [])),
    );
    for (const { spec } of this.#projects.all()) this.#watches.follow(spec.name, spec.apps);
    if (this.#seams.machine.runner.usage !== undefined) this.usage.begin();
  }

  info(settled?: boolean): SystemInfo | Promise<SystemInfo> {
    return this.#seams.info(settled);
  }

  async describeSystem(): Promise<SystemDescription> {
    const apps = this.#projects.all().reduce((sum, project) => sum + project.apps.size, 0);
    return { ...(await this.info()), ...this.#seams.machineFigures(), apps };
  }

  /** True while an app is up, or will be without being asked again, or an operation works on one. */
  get hasLiveApps(): boolean {
    return this.#projects
      .all()
      .some((project) => [...project.apps.values()].some((app) => app.isAlive || app.isWorkedOn));
  }

  list(project?: string): readonly AppStatus[] {
    return this.#projects.rows(project);
  }

  listTargets(targets: readonly Target[]): readonly AppStatus[] {
    return targets.flatMap((target) => this.#projects.rowsOf(target));
  }

  /** Throws `NOT_FOUND`. */
  webhooks(project?: string): readonly WebhookStatus[] {
    const projects = project === undefined ? this.#projects.all() : [this.#projects.get(project)];
    return this.#outbox.status(projects.map(({ spec }) => spec.name));
  }

  /** What `apply` would do now. Throws as it does. */
  plan(request: PlanRequest): Plan {
    refuseContainers(request.spec);
    return this.#projects.find(request.spec.name)?.plan(request) ?? planApply(new Map(), request);
  }

  /** Throws `UNSUPPORTED` or `RUNNER_UNAVAILABLE`, changing nothing, when an app of it cannot be run here. */
  apply(spec: ProjectSpec, names?: readonly string[], removeOrphans?: boolean, asked: Asked = {}): Applied {
    this.#admission.expectStart();
    refuseContainers(spec);
    const known = this.#projects.find(spec.name);
    const project = known ?? this.#makeProject({ ...spec, apps: [] });
    this.#projects.set(spec.name, project);
    const applied = project.apply(spec, names, removeOrphans, asked);
    failpoint("apply.applied");
    this.#watches.follow(spec.name, project.spec.apps);
    this.#journal.keep(`project ${spec.name}`, { kind: "put-project", spec: project.spec });
    this.#outbox.applied(spec.name);
    this.#chronicle.applied(spec.name, asked.by, asked.because ?? {});
    return applied;
  }

  start(targets: readonly Target[], asked: Asked = {}): readonly Operation[] {
    this.#admission.expectStart();
    return this.#forTargets("start", targets, asked, (project, names, order) => project.start(names, order));
  }

  stop(targets: readonly Target[], timeoutMs?: number, asked: Asked = {}): readonly Operation[] {
    this.#admission.expectStop();
    return this.#forTargets("stop", targets, { ...asked, timeoutMs }, (project, names, order) =>
      project.stop(names, order),
    );
  }

  /** Throws `CONFLICT` when an app that stays needs one of those, and `UNSUPPORTED` for an instance alone. */
  remove(targets: readonly Target[], { keepData, ...order }: Order = {}): readonly Operation[] {
    this.#admission.expectRemoval();
    return this.#forTargets("remove", targets, { ...order, keepData }, (project, names, own) =>
      project.remove(names, own),
    );
  }

  /** `rolling`: in batches, as each app's `update` says, or one instance at a time. */
  restart(
    targets: readonly Target[],
    timeoutMs?: number,
    asked: Asked = {},
    rolling = false,
  ): readonly Operation[] {
    this.#admission.expectStart();
    return this.#forTargets("restart", targets, { ...asked, timeoutMs }, (project, names, order) =>
      project.restart(names, order, ({ spec }) =>
        rolling ? { policy: spec.update ?? usualUpdate } : undefined,
      ),
    );
  }

  /** Resolves when all that was changed so far is on the disk: whoever is told of it can rely on it. */
  saved(): Promise<void> {
    return this.#journal.saved();
  }

  /** The logs that targets name; with `stream` those of the apps that tell their streams apart. Throws `NOT_FOUND`. */
  logSources(targets: readonly Target[], stream?: LogStream): readonly LogSource[] {
    return targets.flatMap((target) =>
      this.#projects
        .expect(target)
        .flatMap(({ spec, instances }) =>
          instances
            .filter(({ key }) => target.instance === undefined || key.instance === target.instance)
            .flatMap(({ key }) => this.logs.of(key).sources(spec.logSplit, stream)),
        ),
    );
  }

  /** Stops every app, in as much time as they themselves are given. Nothing is started from now on. */
  async stopApps(): Promise<void> {
    this.#admission.end();
    const stops = this.#projects
      .all()
      .flatMap((project) => project.stop(new Set(project.apps.keys()), { because: daemonStops }));
    await this.operations.wait(stops.map(({ id }) => id));
    await this.#outbox.commandsDone(exitCommandsMs);
  }

  /** Ends everything of the daemon and nothing of the apps. Returns who did not end in time, by name and age. */
  async end(budgetMs: number): Promise<readonly string[]> {
    this.#admission.end();
    this.#watches.close();
    this.usage.close();
    this.tasks.token.cancel({ kind: "rpc-requested" });
    const { laggards } = await this.tasks.joinAll(budgetMs);
    this.logs.close();
    this.#journal.flush();
    return laggards.map((task) => `${task.name} (${(task.ageMs / 1000).toFixed(1)} s)`);
  }

  /** Loud: whoever looks at a project's events sees that its state was damaged, and what was made of it. */
  #tellRestored(told: readonly AdoptionNote[]): void {
    const { restored } = this.#seams;
    for (const { spec } of restored === undefined ? [] : this.#projects.all()) {
      const message = `the state of ${spec.name} was put back from a backup: ${restored?.reason ?? ""}`;
      this.#chronicle.restored(spec.name, null, message);
    }
    for (const { project, name, message } of told) this.#chronicle.restored(project, name, message);
  }

  /** A watched file of it has changed. One that was stopped stays so; one that failed is started again. */
  #restartWatched({ project, name }: AppSpec, cause: string): "done" | "busy" {
    const known = this.#projects.find(project);
    const app = known?.apps.get(name);
    if (known === undefined || app === undefined || this.#admission.isEnding) return "done";
    if (app.isWorkedOn) return "busy";
    const isDown = app.instances.every(({ record }) => record.state.kind === "stopped");
    if (isDown) return "done";
    const after = this.#chronicle.tell("watch", app.spec, `${name} is restarted: ${cause}`, {
      origin: { type: "watch", path: cause },
    });
    known.restart(
      new Set([name]),
      { because: { after } },
      ({ spec }) => spec.update && { policy: spec.update },
    );
    return "done";
  }

  #makeProject(spec: ProjectSpec): Project {
    const { clock, random, machine } = this.#seams;
    return new Project(
      spec,
      {
        ...machine,
        clock,
        random,
        store: this.#store,
        journal: this.#journal,
        tasks: this.tasks,
        tell: (key, warning, origin) => this.#warnOf(key, warning, origin),
        onLook: (key, probe, result) => this.#probes.keep(key, probe, result),
        ended: (app, key, end) =>
          this.#outbox.ended(app, key, { ...end, environment: machine.environment(app, key) }),
      },
      this.operations,
      (name, because) => this.#forgot(spec.name, name, because),
    );
  }

  /** An app is gone for good. With the last one its project is. */
  #forgot(project: string, name: string, because: Because): void {
    const known = this.#projects.get(project);
    this.#watches.follow(project, known.spec.apps);
    this.#chronicle.removed(project, name, because);
    if (known.isEmpty) this.#projects.delete(project);
  }

  #forTargets(
    kind: OperationKind,
    targets: readonly Target[],
    order: Order,
    act: (project: Project, names: ReadonlySet<string>, order: Order) => readonly Operation[],
  ): readonly Operation[] {
    const earlier = this.operations.ofKey(kind, order.key);
    if (earlier.length > 0) return earlier;
    return this.#projects
      .shares(kind, targets)
      .flatMap(({ project, names, only }) =>
        act(project, names, only === undefined ? order : { ...order, only }),
      );
  }

  #changed(change: RecordChange): void {
    const { after } = change;
    this.#projects.find(after.project)?.changed();
    if (this.#projects.specOf(after) === undefined) return;
    this.#warn(change);
    this.#chronicle.changed(change);
  }

  #warn({ before, after }: RecordChange): void {
    const instances = this.#projects.appOf(after)?.instances ?? [];
    const message = limitWarning(before, after, instances);
    if (message !== undefined) this.#warnOf(after, message);
  }

  #warnOf(key: InstanceKey, message: string, origin?: Origin): void {
    const after = this.#store.get(key).told?.last;
    this.#chronicle.tell("warning", key, message, {
      ...(origin === undefined ? {} : { origin }),
      ...(after === undefined ? {} : { after }),
    });
  }
}
