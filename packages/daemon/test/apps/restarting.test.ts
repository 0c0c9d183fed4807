import { describe, expect, test } from "vitest";
import { appSpec, needs, probe, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

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
