import { describe, expect, test } from "vitest";
import { appSpec, needs, probe, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

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
    const applied = daemon.apply(projectSpec([appSpec("db"), changed]));
    expect(applied).toMatchObject({ changed: ["web"], operations: [{ kind: "restart", name: "web" }] });
    await clock.advance(100);
    expect(daemon.operations.get(applied.operations[0]?.id ?? "")).toMatchObject({
      state: "done",
      error: null,
    });
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
