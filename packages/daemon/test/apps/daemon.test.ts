import { describe, expect, test } from "vitest";
import type { Probe } from "../../src/spec/app-spec.ts";
import { appSpec, needs, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

const probe: Probe = {
  action: { kind: "tcp", host: "127.0.0.1", port: 1 },
  initialDelayMs: 0,
  intervalMs: 1_000,
  timeoutMs: 500,
  successThreshold: 1,
  failureThreshold: 3,
  startPeriodMs: 0,
  startIntervalMs: 1_000,
};
const restart = (when: "always" | "on-failure", maxRestarts?: number) => ({
  restart: {
    when,
    backoff: { initialMs: 100, maxMs: 30_000, factor: 2, resetAfterMs: 10_000 },
    ...(maxRestarts === undefined ? {} : { maxRestarts }),
  },
});

describe("starting", () => {
  test("apply flips every app to starting before it returns", () => {
    const { daemon, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("db"), appSpec("web", needs(["db"]))]));
    expect(states()).toEqual({ db: "starting", web: "starting" });
  });

  test("an app starts once the app it needs has started", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web", needs(["db"])), appSpec("db")]));
    await clock.advance(10);
    expect(runner.runs.map((run) => run.request.environment["HOLDFAST_APP"])).toEqual(["db", "web"]);
    expect(states()).toEqual({ db: "running", web: "running" });
  });

  test("service_healthy waits for the health check, and the row says for what", async () => {
    const { daemon, clock, looks, states } = fakeDaemon();
    looks.set("db", false);
    daemon.apply(
      projectSpec([appSpec("db", { healthcheck: probe }), appSpec("web", needs(["db"], "service_healthy"))]),
    );
    await clock.advance(500);
    expect(states()["web"]).toBe("starting");
    expect(daemon.list("shop")[1]?.waitingFor).toEqual([{ app: "db", condition: "service_healthy" }]);
    looks.set("db", true);
    await clock.advance(1_000);
    expect(states()["web"]).toBe("running");
    expect(daemon.list("shop")[0]).toMatchObject({ health: "healthy", ready: true });
  });

  test("what waits for an app to be healthy fails when that turns unhealthy", async () => {
    const { daemon, clock, looks, states } = fakeDaemon();
    looks.set("db", false);
    daemon.apply(
      projectSpec([appSpec("db", { healthcheck: probe }), appSpec("web", needs(["db"], "service_healthy"))]),
    );
    await clock.advance(10_000);
    expect(states()).toEqual({ db: "running", web: "failed" });
    expect(daemon.list()[1]?.lastError).toContain("needs db, which is unhealthy");
  });

  test("service_completed_successfully waits for exit 0", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(
      projectSpec([appSpec("migrate"), appSpec("web", needs(["migrate"], "service_completed_successfully"))]),
    );
    await clock.advance(1_000);
    expect(states()).toEqual({ migrate: "running", web: "starting" });
    runner.last("migrate").end();
    await clock.advance(1);
    expect(states()).toEqual({ migrate: "completed", web: "running" });
  });

  test("a failed dependency fails its dependants, and theirs, with the reason", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    const done = "service_completed_successfully" as const;
    daemon.apply(
      projectSpec([appSpec("a"), appSpec("b", needs(["a"], done)), appSpec("c", needs(["b"], done))]),
    );
    await clock.advance(1);
    runner.last("a").end({ code: 1 });
    await clock.advance(1);
    expect(states()).toEqual({ a: "failed", b: "failed", c: "failed" });
    expect(daemon.list()[1]?.lastError).toContain("needs a, which failed: exited with code 1");
    expect(runner.runs).toHaveLength(1);
  });

  test("a ready line written by an app that has ended meanwhile still counts", async () => {
    const { daemon, clock, runner, readyLines, states } = fakeDaemon();
    daemon.apply(
      projectSpec([
        appSpec("seed", { readyLogLine: "ok" }),
        appSpec("web", needs(["seed"], "service_log_ready")),
      ]),
    );
    await clock.advance(1);
    expect(states()["web"]).toBe("starting");
    readyLines.add("seed");
    runner.last("seed").end();
    await clock.advance(1);
    expect(states()).toEqual({ seed: "completed", web: "running" });
  });

  test("an app that cannot be started is failed, says why, and does not hang its operation", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    runner.failures.set("web", "command not found: webb");
    const { operations } = daemon.apply(projectSpec([appSpec("web")]));
    await clock.advance(1);
    expect(daemon.list()[0]).toMatchObject({ state: "failed", lastError: "command not found: webb" });
    const [operation] = await daemon.operations.wait(operations.map(({ id }) => id));
    expect(operation).toMatchObject({
      state: "failed",
      error: "web could not start: command not found: webb",
    });
  });

  test("a second apply of the same spec starts nothing that runs", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    const spec = projectSpec([appSpec("web")]);
    daemon.apply(spec);
    await clock.advance(1);
    expect(daemon.apply(spec)).toMatchObject({ unchanged: ["web"], operations: [] });
    await clock.advance(1);
    expect(runner.runs).toHaveLength(1);
  });

  test("a changed app alone is restarted, with its new spec", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("db"), appSpec("web")]));
    await clock.advance(1);
    const changed = appSpec("web", { command: { kind: "exec", argv: ["/bin/new"] } });
    expect(daemon.apply(projectSpec([appSpec("db"), changed]))).toMatchObject({ changed: ["web"] });
    await clock.advance(1);
    expect(runner.of("db")).toHaveLength(1);
    expect(runner.of("web").map((run) => run.hasExited)).toEqual([true, false]);
    expect(runner.last("web").request.command).toEqual(changed.command);
  });

  test("apply with names starts those and what they need, and nothing else", async () => {
    const { daemon, clock, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("db"), appSpec("web", needs(["db"])), appSpec("other")]), ["web"]);
    await clock.advance(1);
    expect(states()).toEqual({ db: "running", web: "running", other: "stopped" });
  });

  test("a disabled app is listed and started only by name", async () => {
    const { daemon, clock, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web"), appSpec("debug", { disabled: true })]));
    await clock.advance(1);
    expect(states()).toEqual({ web: "running", debug: "stopped" });
    daemon.start([{ project: "shop", name: "debug" }]);
    await clock.advance(1);
    expect(states()["debug"]).toBe("running");
  });

  test("a disabled app is not started because another one needs it", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("debug", { disabled: true }), appSpec("web", needs(["debug"]))]));
    await clock.advance(1);
    expect(states()).toEqual({ debug: "stopped", web: "failed" });
    expect(runner.runs).toEqual([]);
  });

  test("each replica is an instance with its own run", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web", { replicas: 3 })]));
    await clock.advance(1);
    expect(runner.of("web").map((run) => run.request.environment["INSTANCE"])).toEqual(["1", "2", "3"]);
  });

  test("fewer replicas stop the surplus and leave the rest alone", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web", { replicas: 3 })]));
    await clock.advance(1);
    daemon.apply(projectSpec([appSpec("web", { replicas: 1 })]));
    await clock.advance(1);
    expect(daemon.list()).toHaveLength(1);
    expect(runner.living).toEqual(["web"]);
  });
});

describe("restarting", () => {
  test("a crashed app is started again after its backoff, and its row counts it", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("worker", restart("on-failure"))]));
    await clock.advance(1);
    runner.last("worker").end({ code: 7 });
    await clock.advance(50);
    expect(states()["worker"]).toBe("backoff");
    await clock.advance(60);
    expect(states()["worker"]).toBe("running");
    expect(daemon.list()[0]?.restarts).toBe(1);
  });

  test("on-failure lets an app that exits with 0 rest", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("job", restart("on-failure"))]));
    await clock.advance(1);
    runner.last("job").end();
    await clock.advance(60_000);
    expect(states()["job"]).toBe("completed");
  });

  test("spent intensity ends in failed, after exactly the restarts allowed", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("worker", restart("always", 3))]));
    for (let round = 0; round < 10; round++) {
      await clock.advance(5_000);
      if (states()["worker"] === "running") runner.last("worker").end({ code: 1 });
    }
    expect(runner.runs).toHaveLength(4);
    expect(daemon.list()[0]?.lastError).toContain("3 restarts used up");
  });

  test("a stop during backoff cancels the restart", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("worker", restart("always"))]));
    await clock.advance(1);
    runner.last("worker").end({ code: 1 });
    await clock.advance(10);
    daemon.stop([{ project: "shop" }]);
    await clock.advance(60_000);
    expect(states()["worker"]).toBe("stopped");
    expect(runner.runs).toHaveLength(1);
  });

  test("a failing liveness probe ends the run, and the policy starts it again", async () => {
    const { daemon, clock, runner, looks } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web", { liveness: probe, ...restart("on-failure") })]));
    await clock.advance(2_000);
    looks.set("web", false);
    await clock.advance(3_500);
    looks.set("web", true);
    await clock.advance(1_000);
    expect(runner.of("web").map((run) => run.hasExited)).toEqual([true, false]);
  });

  test("a failing readiness probe ends the run only where the spec says so", async () => {
    const { daemon, clock, runner, looks } = fakeDaemon();
    const readiness = { ...probe, failureThreshold: 1 };
    const policy = restart("always");
    daemon.apply(
      projectSpec([
        appSpec("kills", { readiness, unreadyKills: true, ...policy }),
        appSpec("lives", { readiness, ...policy }),
      ]),
    );
    await clock.advance(2_000);
    looks.set("kills", false).set("lives", false);
    await clock.advance(3_500);
    expect(runner.of("kills")[0]?.hasExited).toBe(true);
    expect(runner.of("lives")[0]?.hasExited).toBe(false);
  });

  test("restart is one state until the app runs again", async () => {
    const { daemon, clock, runner, history } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web")]));
    await clock.advance(1);
    history.length = 0;
    daemon.restart([{ project: "shop", name: "web" }]);
    await clock.advance(1);
    expect(history).toEqual(["web: restarting", "web: running"]);
    expect(runner.living).toEqual(["web"]);
  });

  test("an app with restart: true on a dependency is restarted with it", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    const web = appSpec("web", {
      dependsOn: { db: { condition: "service_started", required: true, restart: true } },
    });
    daemon.apply(projectSpec([appSpec("db"), web, appSpec("api", needs(["db"]))]));
    await clock.advance(1);
    daemon.restart([{ project: "shop", name: "db" }]);
    await clock.advance(1);
    expect([runner.of("db").length, runner.of("web").length, runner.of("api").length]).toEqual([2, 2, 1]);
  });
});

describe("stopping", () => {
  test("apps stop after those that need them", async () => {
    const { daemon, clock, runner, history } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("db"), appSpec("api", needs(["db"])), appSpec("web", needs(["api"]))]));
    await clock.advance(1);
    for (const run of runner.runs) run.obeys = false;
    history.length = 0;
    daemon.stop([{ project: "shop" }]);
    await clock.advance(60_000);
    expect(history.filter((line) => line.endsWith("stopped"))).toEqual([
      "web: stopped",
      "api: stopped",
      "db: stopped",
    ]);
  });

  test("all flip to stopping before the first is gone", () => {
    const { daemon, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("db"), appSpec("web", needs(["db"]))]));
    daemon.stop([{ project: "shop" }]);
    expect(states()).toEqual({ db: "stopping", web: "stopping" });
  });

  test("a stop at any moment of the start leaves nothing", async () => {
    for (let at = 0; at < 40; at++) {
      const { daemon, clock, runner, states } = fakeDaemon();
      runner.launchMs = 10;
      daemon.apply(projectSpec([appSpec("db"), appSpec("web", needs(["db"])), appSpec("x", needs(["web"]))]));
      await clock.advance(at);
      daemon.stop([{ project: "shop" }]);
      await clock.advance(60_000);
      expect(runner.living, `stopped after ${at} ms`).toEqual([]);
      expect(Object.values(states()), `stopped after ${at} ms`).toEqual(["stopped", "stopped", "stopped"]);
    }
  });

  test("a start asked for while the app stops follows the stop", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web")]));
    await clock.advance(1);
    runner.last("web").obeys = false;
    daemon.stop([{ project: "shop", name: "web" }]);
    await clock.advance(1_000);
    daemon.start([{ project: "shop", name: "web" }]);
    await clock.advance(1_000);
    expect(states()["web"]).toBe("stopping");
    await clock.advance(60_000);
    expect(states()["web"]).toBe("running");
    expect(runner.living).toEqual(["web"]);
  });

  test("a start asked for while the app waits for its turn to stop follows the stop", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("db"), appSpec("web", needs(["db"]))]));
    await clock.advance(1);
    runner.last("web").obeys = false;
    daemon.stop([{ project: "shop" }]);
    await clock.advance(1_000);
    daemon.start([{ project: "shop", name: "db" }]);
    await clock.advance(60_000);
    expect(states()).toEqual({ db: "running", web: "stopped" });
    expect(runner.of("db").map((run) => run.hasExited)).toEqual([true, false]);
  });

  test("a stop overtakes a restart under way", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web")]));
    await clock.advance(1);
    runner.last("web").obeys = false;
    daemon.restart([{ project: "shop", name: "web" }]);
    await clock.advance(1_000);
    daemon.stop([{ project: "shop", name: "web" }]);
    await clock.advance(60_000);
    expect(states()["web"]).toBe("stopped");
    expect(runner.living).toEqual([]);
  });

  test("an app that ends the project takes the others with it", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("main", { endsProject: "always" }), appSpec("side")]));
    await clock.advance(1);
    runner.last("main").end();
    await clock.advance(1);
    expect(states()).toEqual({ main: "completed", side: "stopped" });
  });

  test("endsProject on-failure lets a success pass", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("main", { endsProject: "on-failure" }), appSpec("side")]));
    await clock.advance(1);
    runner.last("main").end();
    await clock.advance(1);
    expect(states()["side"]).toBe("running");
  });

  test("abortOnExit ends the project with the first app that ends, restart policy or not", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    const apps = [appSpec("error", restart("always")), appSpec("steady", restart("always"))];
    daemon.apply(projectSpec(apps, { abortOnExit: true }));
    await clock.advance(1);
    runner.last("error").end({ code: 1 });
    await clock.advance(10_000);
    expect(states()).toEqual({ error: "failed", steady: "stopped" });
  });

  test("an app that is skipped ends the project where its spec says so", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    const after = { ...needs(["job"], "service_completed_successfully"), skippedEndsProject: true as const };
    daemon.apply(projectSpec([appSpec("job"), appSpec("next", after), appSpec("side")]));
    await clock.advance(1);
    runner.last("job").end({ code: 1 });
    await clock.advance(1);
    expect(states()).toEqual({ job: "failed", next: "failed", side: "stopped" });
  });

  test("a group's name means all of its apps", async () => {
    const { daemon, clock, states } = fakeDaemon();
    const [a, b] = [appSpec("w-0", { group: "w" }), appSpec("w-1", { group: "w" })];
    daemon.apply(projectSpec([a, b, appSpec("x")]));
    await clock.advance(1);
    daemon.stop([{ project: "shop", name: "w" }]);
    await clock.advance(1);
    expect(states()).toEqual({ "w-0": "stopped", "w-1": "stopped", x: "running" });
    expect(daemon.logSources([{ project: "shop", name: "w" }])).toHaveLength(2);
  });

  test("after end nothing runs, nothing waits and no timer is left", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    const apps = [
      appSpec("db", { healthcheck: probe }),
      appSpec("web", { ...needs(["db"]), liveness: probe }),
    ];
    daemon.apply(projectSpec(apps));
    await clock.advance(5_000);
    const ended = daemon.stopApps().then(() => daemon.end(1_000));
    await clock.advance(10_000);
    expect(await ended).toEqual([]);
    expect(runner.living).toEqual([]);
    expect(daemon.tasks.size).toBe(0);
    expect(clock.pending).toBe(0);
    expect(() => daemon.apply(projectSpec(apps))).toThrow("shutting down");
  });
});

describe("schedules", () => {
  const schedule = { everyMs: 60_000, immediate: false } as const;

  test("a scheduled app rests until it is due, runs, and is due again", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("report", { schedule })]));
    await clock.advance(59_000);
    expect(states()["report"]).toBe("stopped");
    expect(daemon.list()[0]?.next).not.toBeNull();
    await clock.advance(2_000);
    expect(states()["report"]).toBe("running");
    runner.last("report").end();
    await clock.advance(1);
    expect(states()["report"]).toBe("completed");
    await clock.advance(61_000);
    expect(runner.runs).toHaveLength(2);
  });

  test("a stopped schedule runs no more", async () => {
    const { daemon, clock, runner } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("report", { schedule })]));
    await clock.advance(1_000);
    daemon.stop([{ project: "shop" }]);
    await clock.advance(600_000);
    expect(runner.runs).toHaveLength(0);
    expect(daemon.list()[0]?.next).toBeNull();
  });
});

describe("what is on the disk", () => {
  const kept = ({ database }: ReturnType<typeof fakeDaemon>, name: string) =>
    database.kept.instances.find((record) => record.name === name);

  test("a launch is written down before it happens", async () => {
    const fake = fakeDaemon();
    const known: unknown[] = [];
    fake.runner.onLaunch = (cookie) => known.push(kept(fake, "web")?.cookie === cookie);
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(10);
    expect(known).toEqual([true]);
  });

  test("an operation that is done is on the disk", async () => {
    const fake = fakeDaemon();
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(100);
    const [stop] = fake.daemon.stop([{ project: "shop", name: "web" }]);
    let seen: string | undefined;
    void fake.daemon.operations.wait([stop?.id ?? ""]).then(() => {
      seen = kept(fake, "web")?.state.kind;
    });
    await fake.clock.advance(20);
    expect(seen).toBe("stopped");
  });

  test("the runner forgets a run only when its end is written down", async () => {
    const fake = fakeDaemon();
    const states: unknown[] = [];
    fake.runner.onForget = () => states.push(kept(fake, "job")?.state.kind);
    fake.daemon.apply(projectSpec([appSpec("job")]));
    await fake.clock.advance(100);
    fake.runner.last("job").end();
    await fake.clock.advance(100);
    expect(states).toEqual(["completed"]);
  });
});

describe("after the daemon was killed", () => {
  test("a run that goes on is taken up and not started twice", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(100);
    const run = first.runner.last("web");
    first.runner.left.set(run.request.cookie, { kind: "running", run });

    const second = fakeDaemon(first);
    await second.daemon.resume();
    await second.clock.advance(1);
    expect(second.states()["web"]).toBe("running");
    expect(second.runner.runs).toHaveLength(1);
    run.end({ code: 1 });
    await second.clock.advance(1);
    expect(second.states()["web"]).toBe("failed");
  });

  test("an exit that nobody saw is decided on by the policy", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("worker", restart("on-failure")), appSpec("job")]));
    await first.clock.advance(100);
    for (const run of first.runner.runs) {
      first.runner.left.set(run.request.cookie, { kind: "ended", exit: { code: 1, signal: null } });
    }
    const second = fakeDaemon(first);
    await second.daemon.resume();
    await second.clock.advance(1_000);
    expect(second.states()).toEqual({ worker: "running", job: "failed" });
  });

  test("a launch that never came to be is done again", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(100);
    const second = fakeDaemon({ clock: first.clock, database: first.database });
    await second.daemon.resume();
    await second.clock.advance(1);
    expect(second.states()["web"]).toBe("running");
  });

  test("a stop that was under way is finished", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(100);
    const run = first.runner.last("web");
    run.obeys = false;
    first.daemon.stop([{ project: "shop" }]);
    await first.clock.advance(100);
    first.runner.left.set(run.request.cookie, { kind: "running", run });
    const second = fakeDaemon(first);
    void second.daemon.resume();
    await second.clock.advance(60_000);
    expect(second.states()["web"]).toBe("stopped");
  });

  test("what was stopped stays stopped, and what completed is not run again", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web"), appSpec("job")]));
    await first.clock.advance(100);
    first.runner.last("job").end();
    first.daemon.stop([{ project: "shop", name: "web" }]);
    await first.clock.advance(100);
    const second = fakeDaemon(first);
    await second.daemon.resume();
    await second.clock.advance(60_000);
    expect(second.states()).toEqual({ web: "stopped", job: "completed" });
    expect(second.runner.runs).toHaveLength(2);
  });
});

describe("names", () => {
  test("an unknown app is refused with the nearest one", () => {
    const { daemon } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web")]));
    expect(() => daemon.start([{ project: "shop", name: "wep" }])).toThrow(
      "shop has no app wep; did you mean web?",
    );
    expect(() => daemon.list("shap")).toThrow("there is no project shap; did you mean shop?");
  });

  test("a project with a container is refused as a whole", () => {
    const { daemon } = fakeDaemon();
    const spec = projectSpec([appSpec("web"), appSpec("db", { runner: { kind: "container" } })]);
    expect(() => daemon.apply(spec)).toThrow("holdfast.yaml:1:1: db is a container");
    expect(daemon.list()).toEqual([]);
  });
});
