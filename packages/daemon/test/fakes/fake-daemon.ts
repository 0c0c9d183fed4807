import { seededRandom } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { Daemon } from "../../src/daemon.ts";
import { LogBook } from "../../src/logs/log-book.ts";
import type { InstanceRecord } from "../../src/store/instance-record.ts";
import type { KeptState, StateChange } from "../../src/store/state-database.ts";
import { FakeRunner } from "./fake-runner.ts";

/** A database in memory, that a second daemon can be given. */
export class MemoryDatabase {
  kept: KeptState = { projects: [], instances: [] };
  writes = 0;

  load(): KeptState {
    return this.kept;
  }

  write(changes: readonly StateChange[]): void {
    this.writes++;
    const projects = new Map(this.kept.projects.map((spec) => [spec.name, spec]));
    const id = (key: Pick<InstanceRecord, "project" | "name" | "instance">): string =>
      `${key.project}/${key.name}/${key.instance}`;
    const instances = new Map(this.kept.instances.map((record) => [id(record), record]));
    for (const change of changes) {
      if (change.kind === "put-project") projects.set(change.spec.name, change.spec);
      else if (change.kind === "drop-project") projects.delete(change.name);
      else if (change.kind === "put-instance") instances.set(id(change.record), change.record);
      else instances.delete(id(change.key));
    }
    this.kept = structuredClone({ projects: [...projects.values()], instances: [...instances.values()] });
  }
}

export interface FakeDaemon {
  readonly daemon: Daemon;
  readonly clock: VirtualClock;
  readonly runner: FakeRunner;
  readonly database: MemoryDatabase;
  /** What each look at an app finds; apps that are not in it are found good. */
  readonly looks: Map<string, boolean>;
  /** Apps whose ready line has been written. */
  readonly readyLines: Set<string>;
  /** `name: state` of every state event so far. */
  readonly history: string[];
  states(): Readonly<Record<string, string>>;
}

/** A whole daemon on a virtual clock, with a runner that starts nothing. */
export function fakeDaemon(
  from: Partial<Pick<FakeDaemon, "clock" | "runner" | "database">> = {},
): FakeDaemon {
  const clock = from.clock ?? new VirtualClock();
  const runner = from.runner ?? new FakeRunner(clock);
  const database = from.database ?? new MemoryDatabase();
  const looks = new Map<string, boolean>();
  const readyLines = new Set<string>();
  const logs = new LogBook("/nowhere", clock);
  const daemon = new Daemon({
    clock,
    random: seededRandom(1),
    database,
    logs,
    info: {
      pid: 1,
      version: "0",
      home: "/nowhere",
      socket: "/nowhere/holdfast.sock",
      http: null,
      since: "",
      onDemand: false,
    },
    machine: {
      runner,
      prepareOutput: () => ({ path: "/dev/null", offset: 0 }),
      openOutput: () => undefined,
      closeOutput: () => undefined,
      watchLine: ({ name }, { onSeen }) => ({
        seen: readyLines.has(name) ? Promise.resolve() : new Promise(() => undefined),
        look: () => {
          if (readyLines.has(name)) onSeen?.();
          return readyLines.has(name);
        },
      }),
      look: (spec) => async () => looks.get(spec.name) ?? true,
      environment: (_spec, key) => ({ HOLDFAST_APP: key.name, INSTANCE: `${key.instance}` }),
      stopRequest: (spec) => ({ signal: spec.stop.signal, graceMs: spec.stop.graceMs, leaderOnly: false }),
    },
  });
  const history: string[] = [];
  daemon.events.onEvent((event) => {
    if (event.app !== null) history.push(`${event.app.name}: ${event.app.state}`);
  });
  const states = (): Readonly<Record<string, string>> =>
    Object.fromEntries(daemon.list().map((row) => [row.name, row.state]));
  return { daemon, clock, runner, database, looks, readyLines, history, states };
}
