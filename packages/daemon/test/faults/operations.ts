import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "../../src/api/contract.ts";
import type { AppSpec, ProjectSpec } from "../../src/spec/app-spec.ts";
import { appSpec, needs, projectSpec, restart } from "../fakes/app-spec.ts";
import type { KillableDaemon } from "./killable-daemon.ts";

/** What of an app is to be seen when all is quiet: its state, and how many live programs it has. */
export type Sight = Readonly<Record<string, string>>;

/** One thing that a user asks of a daemon, and the only two outcomes there may be. */
export interface FaultCase {
  readonly name: string;
  /** The apps before it. */
  readonly before: readonly AppSpec[];
  /** Done once those are up. */
  readonly prepare?: (daemon: KillableDaemon) => Promise<void>;
  /** Resolves when the daemon has acknowledged it. With another `key` it is another request, where requests have one. */
  readonly ask: (daemon: KillableDaemon, key?: string) => Promise<readonly Operation[]>;
  readonly from: Sight;
  readonly to: Sight;
  /** True when it is not the caller's wish but the app's own doing: there is nothing to be acknowledged. */
  readonly isEvent?: boolean;
  /** How its operations end; `done` when absent. */
  readonly ends?: "failed";
}

/** A program that only waits, and ends when it is asked to. */
export function waiting(name: string, daemonRoot: string, over: Partial<AppSpec> = {}): AppSpec {
  return appSpec(name, {
    command: { kind: "exec", argv: ["/bin/sleep", "1000"] },
    environment: { FAULT_TEST_APP: daemonRoot },
    workingDir: daemonRoot,
    ...over,
  });
}

/** Writes the time each 20 ms, for as long as nobody stops it. */
export function heartbeat(daemonRoot: string): AppSpec {
  const file = join(daemonRoot, "beats");
  return waiting("bystander", daemonRoot, {
    command: {
      kind: "exec",
      argv: [
        "/usr/bin/perl",
        "-MTime::HiRes=sleep,time",
        "-e",
        `$| = 1; open F, '>>', $ARGV[0]; F->autoflush(1); while (1) { print F time, "\\n"; sleep 0.02 }`,
        file,
      ],
    },
  });
}

/** Of the app that `heartbeat` is, in milliseconds. */
export function longestGapMs(daemon: { readonly root: string }): number {
  const beats = readFileSync(join(daemon.root, "beats"), "utf8").trim().split("\n").map(Number);
  return Math.round(Math.max(...beats.slice(1).map((beat, index) => beat - (beats[index] ?? beat))) * 1_000);
}

const shop = (apps: readonly AppSpec[]): ProjectSpec => projectSpec(apps);
const target = (name: string, key = "the-key") => ({ targets: [{ project: "shop", name }], key });

export function cases(root: string): readonly FaultCase[] {
  const app = (name: string, over: Partial<AppSpec> = {}): AppSpec => waiting(name, root, over);
  const bystander = heartbeat(root);
  const keep = { bystander: "running 1" };
  const stopWeb = async ({ api, settle }: KillableDaemon): Promise<void> => {
    await api.call("apps.stop", target("web"));
    await settle();
  };
  const apply = async ({ api }: KillableDaemon, apps: readonly AppSpec[], removeOrphans = false) =>
    (await api.call("apps.apply", { spec: shop([bystander, ...apps]), removeOrphans })).operations;
  const stubborn: Partial<AppSpec> = {
    command: { kind: "exec", argv: ["/usr/bin/perl", "-e", "$SIG{TERM} = 'IGNORE'; sleep 1 while 1"] },
    stop: { signal: "SIGTERM", graceMs: 150, leaderOnly: false },
  };
  const killWeb = async (daemon: KillableDaemon): Promise<readonly Operation[]> => {
    for (const { app, pid } of daemon.programs()) if (app === "web") process.kill(pid, "SIGKILL");
    await Promise.race([daemon.gone(), new Promise((resolve) => setTimeout(resolve, 250))]);
    return [];
  };
  const update = { parallelism: 1, delayMs: 0, monitorMs: 0, onFailure: "rollback" } as const;
  const quick = { initialMs: 50, maxMs: 50, factor: 1, resetAfterMs: 10_000 };
  return [
    {
      name: "start",
      before: [app("web")],
      prepare: (daemon) => stopWeb({ api: daemon.api, settle: () => daemon.settle() } as KillableDaemon),
      ask: ({ api }, key) => api.call("apps.start", target("web", key)),
      from: { ...keep, web: "stopped 0" },
      to: { ...keep, web: "running 1" },
    },
    {
      name: "start of a chain",
      before: [app("db"), app("web", needs(["db"]))],
      prepare: async (daemon) => {
        await daemon.api.call("apps.stop", {
          targets: [target("db"), target("web")].flatMap(({ targets }) => targets),
        });
        await daemon.settle();
      },
      ask: ({ api }, key) => api.call("apps.start", target("web", key)),
      from: { ...keep, db: "stopped 0", web: "stopped 0" },
      to: { ...keep, db: "running 1", web: "running 1" },
    },
    {
      name: "stop",
      before: [app("web")],
      ask: ({ api }, key) => api.call("apps.stop", target("web", key)),
      from: { ...keep, web: "running 1" },
      to: { ...keep, web: "stopped 0" },
    },
    {
      name: "stop of a stubborn one",
      before: [app("web", stubborn)],
      ask: ({ api }, key) => api.call("apps.stop", target("web", key)),
      from: { ...keep, web: "running 1" },
      to: { ...keep, web: "stopped 0" },
    },
    {
      name: "restart",
      before: [app("web")],
      ask: ({ api }, key) => api.call("apps.restart", target("web", key)),
      from: { ...keep, web: "running 1" },
      to: { ...keep, web: "running 1" },
    },
    {
      name: "apply that adds",
      before: [],
      ask: (daemon) => apply(daemon, [app("web")]),
      from: keep,
      to: { ...keep, web: "running 1" },
    },
    {
      name: "apply that changes",
      before: [app("web")],
      ask: (daemon) => apply(daemon, [app("web", { environment: { FAULT_TEST_APP: root, NEW: "1" } })]),
      from: { ...keep, web: "running 1" },
      to: { ...keep, web: "running 1" },
    },
    {
      name: "apply that removes",
      before: [app("web")],
      ask: (daemon) => apply(daemon, [], true),
      from: { ...keep, web: "running 1" },
      to: keep,
    },
    {
      name: "remove",
      before: [app("web", stubborn)],
      ask: ({ api }, key) => api.call("apps.remove", target("web", key)),
      from: { ...keep, web: "running 1" },
      to: keep,
    },
    {
      name: "scale up",
      before: [app("web")],
      ask: (daemon) => apply(daemon, [app("web", { replicas: 3 })]),
      from: { ...keep, web: "running 1" },
      to: { ...keep, web: "running 3" },
    },
    {
      name: "scale down",
      before: [app("web", { replicas: 3 })],
      ask: (daemon) => apply(daemon, [app("web")]),
      from: { ...keep, web: "running 3" },
      to: { ...keep, web: "running 1" },
    },
    {
      name: "rolling restart",
      before: [app("web", { replicas: 2 })],
      ask: ({ api }, key) => api.call("apps.restart", { ...target("web", key), rolling: true }),
      from: { ...keep, web: "running 2" },
      to: { ...keep, web: "running 2" },
    },
    {
      name: "update that fails and is rolled back",
      before: [app("web", { replicas: 2, update })],
      ask: (daemon) =>
        apply(daemon, [
          app("web", { replicas: 2, update, command: { kind: "exec", argv: ["/no/such/program"] } }),
        ]),
      from: { ...keep, web: "running 2" },
      to: { ...keep, web: "running 2" },
      ends: "failed",
    },
    {
      name: "a crash, and the restart after it",
      before: [app("web", { restart: { ...restart("always").restart, backoff: quick } })],
      ask: killWeb,
      from: { ...keep, web: "running 1" },
      to: { ...keep, web: "running 1" },
      isEvent: true,
    },
    {
      name: "a crash that is not restarted",
      before: [app("web")],
      ask: killWeb,
      from: { ...keep, web: "failed 0" },
      to: { ...keep, web: "failed 0" },
      isEvent: true,
    },
  ];
}
