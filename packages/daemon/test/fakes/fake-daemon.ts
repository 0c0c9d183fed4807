import { seededRandom } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import type { DaemonEvent } from "../../src/api/contract.ts";
import { matches, type OperationFilter } from "../../src/apps/operation-log.ts";
import { Daemon } from "../../src/daemon.ts";
import { keyOf, type OwedCommand } from "../../src/hooks/delivery.ts";
import type { Answer } from "../../src/hooks/next-attempt.ts";
import type { WebhookRequest } from "../../src/hooks/post-webhook.ts";
import { LogBook } from "../../src/logs/log-book.ts";
import type { WatchRule } from "../../src/spec/app-spec.ts";
import type { InstanceRecord } from "../../src/store/instance-record.ts";
import type { OperationRecord } from "../../src/store/operation-record.ts";
import type { KeptState, StateChange } from "../../src/store/state-database.ts";
import type { WatchFiles } from "../../src/watch/app-watches.ts";
import { FakeRunner } from "./fake-runner.ts";

/** A database in memory, that a second daemon can be given. */
export class MemoryDatabase {
  kept: KeptState = { projects: [], instances: [], operations: [] };
  readonly events: DaemonEvent[] = [];
  writes = 0;
  /** What every write fails with, while it is set. */
  failure: Error | undefined;

  load(): KeptState {
    return this.kept;
  }

  write(changes: readonly StateChange[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes++;
    const projects = new Map(this.kept.projects.map((spec) => [spec.name, spec]));
    const id = (key: Pick<InstanceRecord, "project" | "name" | "instance">): string =>
      `${key.project}/${key.name}/${key.instance}`;
    const instances = new Map(this.kept.instances.map((record) => [id(record), record]));
    const operations = new Map(this.kept.operations.map((record) => [record.id, record]));
    const deliveries = new Map(this.kept.deliveries?.map((owed) => [keyOf(owed), owed]));
    for (const change of changes) {
      if (change.kind === "put-project") projects.set(change.spec.name, change.spec);
      else if (change.kind === "drop-project") projects.delete(change.name);
      else if (change.kind === "put-instance") instances.set(id(change.record), change.record);
      else if (change.kind === "drop-instance") instances.delete(id(change.key));
      else if (change.kind === "put-operation") operations.set(change.record.id, change.record);
      else if (change.kind === "put-event") this.events.push(change.event);
      else if (change.kind === "put-delivery") deliveries.set(keyOf(change.delivery), change.delivery);
      else deliveries.delete(change.key);
    }
    this.kept = structuredClone({
      projects: [...projects.values()],
      instances: [...instances.values()],
      operations: [...operations.values()],
      deliveries: [...deliveries.values()],
    });
  }

  lastEvent(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  readEvents(after: number, limit: number, project?: string): readonly DaemonEvent[] {
    return this.events
      .filter((event) => event.seq > after && event.project === (project ?? event.project))
      .slice(0, limit);
  }

  readEventsBefore(before: number, limit: number, project?: string): readonly DaemonEvent[] {
    return this.events
      .filter((event) => event.seq < before && event.project === (project ?? event.project))
      .slice(-limit);
  }

  readOperations({
    limit,
    ...filter
  }: OperationFilter & { readonly limit: number }): readonly OperationRecord[] {
    return this.kept.operations.filter((record) => matches(record, filter)).slice(-limit);
  }
}

export interface FakeDaemon {
  readonly daemon: Daemon;
  readonly clock: VirtualClock;
  readonly runner: FakeRunner;
  readonly database: MemoryDatabase;
  /** What each look at an app finds; apps that are not in it are found good. */
  readonly looks: Map<string, boolean>;
  /** What is watched, to be told of changes. */
  readonly watches: Set<{ readonly rule: WatchRule } & Parameters<WatchFiles>[1]>;
  /** Apps whose output was deleted, and what that waits for: it fails when that does. */
  readonly deleted: string[];
  readonly deletion: { wait(): Promise<void> };
  /** Who is told of events and ends of runs; all is well unless a test says otherwise. */
  readonly hooks: {
    post(request: WebhookRequest, abort: AbortSignal): Promise<Answer>;
    readSecret(file: string): string;
    run(owed: OwedCommand): Promise<string | undefined>;
  };
  /** Apps whose ready line has been written. */
  readonly readyLines: Set<string>;
  /** `name: state` of every state event so far. */
  readonly history: string[];
  states(): Readonly<Record<string, string>>;
  /** Kills the daemon where it is: nothing it does from now on reaches the disk or a process. Its runs go on. */
  crash(): Pick<FakeDaemon, "clock" | "runner" | "database">;
}

/** A whole daemon on a virtual clock, with a runner that starts nothing. */
export function fakeDaemon(
  from: Partial<Pick<FakeDaemon, "clock" | "runner" | "database">> & { readonly seed?: number } = {},
): FakeDaemon {
  const clock = from.clock ?? new VirtualClock();
  const runner = from.runner ?? new FakeRunner(clock);
  const database = from.database ?? new MemoryDatabase();
  const looks = new Map<string, boolean>();
  const watches: FakeDaemon["watches"] = new Set();
  let isDead = false;
  const hooks: FakeDaemon["hooks"] = {
    post: () => Promise.resolve({ kind: "status", status: 204 }),
    readSecret: () => "",
    run: () => Promise.resolve(undefined),
  };
  const deleted: string[] = [];
  const deletion: FakeDaemon["deletion"] = { wait: () => Promise.resolve() };
  const readyLines = new Set<string>();
  const logs = new LogBook("/nowhere", clock);
  const daemon = new Daemon({
    clock,
    random: seededRandom(from.seed ?? 1),
    database: {
      load: () => database.load(),
      lastEvent: () => database.lastEvent(),
      readEvents: (after, limit, project) => database.readEvents(after, limit, project),
      readEventsBefore: (before, limit, project) => database.readEventsBefore(before, limit, project),
      readOperations: (filter) => database.readOperations(filter),
      write: (changes) => {
        if (!isDead) database.write(changes);
      },
    },
    logs,
    hooks: {
      post: (request, abort) => (isDead ? new Promise(() => undefined) : hooks.post(request, abort)),
      readSecret: (file) => hooks.readSecret(file),
      run: (owed) => (isDead ? new Promise(() => undefined) : hooks.run(owed)),
    },
    watchFiles: (rule, seams) => {
      const watched = { rule, ...seams };
      watches.add(watched);
      return () => watches.delete(watched);
    },
    machineFigures: () => ({ disk: null, memoryBytes: 1, boot: new Date(0).toISOString() }),
    info: () => ({
      pid: 1,
      version: "0",
      home: "/nowhere",
      socket: "/nowhere/holdfast.sock",
      http: null,
      since: new Date(0).toISOString(),
      onDemand: false,
    }),
    machine: {
      runner: {
        launch: (request) => (isDead ? new Promise(() => undefined) : runner.launch(request)),
        unavailable: () => runner.outage,
        reattach: (cookie) => runner.reattach(cookie),
        strays: (known) => runner.strays(known),
        isLive: (cookie) => runner.isLive(cookie),
        forget: (cookie) => {
          if (!isDead) runner.forget(cookie);
        },
      },
      prepareOutput: () => ({ path: "/dev/null", offset: 0 }),
      keepOutput: () => undefined,
      openOutput: () => undefined,
      closeOutput: () => undefined,
      deleteOutput: async ({ name }) => {
        if (isDead) return new Promise(() => undefined);
        await deletion.wait();
        deleted.push(name);
      },
      watchLine: ({ name }, { onSeen }) => ({
        seen: readyLines.has(name) ? Promise.resolve() : new Promise(() => undefined),
        look: () => {
          if (readyLines.has(name)) onSeen?.();
          return readyLines.has(name);
        },
      }),
      look: (spec) => async () => ({ ok: looks.get(spec.name) ?? true, text: "looked" }),
      environment: (_spec, key) => ({
        HOLDFAST_PROJECT: key.project,
        HOLDFAST_APP: key.name,
        HOLDFAST_INSTANCE: `${key.instance}`,
        INSTANCE: `${key.instance}`,
      }),
      stopRequest: (spec) => ({
        signal: isDead ? "SIG0" : spec.stop.signal,
        graceMs: spec.stop.graceMs,
        leaderOnly: false,
      }),
    },
  });
  const history: string[] = [];
  daemon.events.onEvent((event) => {
    if (event.app !== null) history.push(`${event.app.name}: ${event.app.state}`);
  });
  const states = (): Readonly<Record<string, string>> =>
    Object.fromEntries(daemon.list().map((row) => [row.name, row.state]));
  const crash = () => {
    isDead = true;
    runner.daemonDied();
    return { clock, runner, database };
  };
  return {
    daemon,
    clock,
    runner,
    database,
    looks,
    watches,
    readyLines,
    deleted,
    deletion,
    hooks,
    history,
    states,
    crash,
  };
}
