import { describe, expect, test } from "vitest";
import { appSpec, needs, probe, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

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
