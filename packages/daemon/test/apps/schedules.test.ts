import { describe, expect, test } from "vitest";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

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

  test("a restart sets its time anew and runs nothing", async () => {
    const { daemon, clock, runner, states } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("report", { schedule })]));
    await clock.advance(1_000);
    daemon.restart([{ project: "shop", name: "report" }]);
    await clock.advance(100);
    expect(states()["report"]).toBe("stopped");
    expect(daemon.list()[0]?.next).not.toBeNull();
    expect(runner.runs).toHaveLength(0);
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
