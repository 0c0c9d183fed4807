import { describe, expect, test } from "vitest";
import type { Schedule } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const [minute, hour] = [60_000, 3_600_000];
const job = { project: "shop", name: "job" };
const hourly: Schedule = { cron: "0 * * * *", timeZone: "UTC", immediate: false, overlap: "replace" };

/** Nothing of it ends by itself. */
async function scheduled(
  schedule: Schedule,
  from: Parameters<typeof fakeDaemon>[0] = {},
): Promise<FakeDaemon> {
  const fake = fakeDaemon(from);
  fake.daemon.apply(projectSpec([appSpec("job", { schedule })]));
  await fake.clock.advance(1);
  return fake;
}

/** In steps, as time passes. */
async function pass({ clock }: Pick<FakeDaemon, "clock">, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 30_000) await clock.advance(Math.min(left, 30_000));
}

const startsOf = (fake: FakeDaemon): readonly string[] =>
  fake.daemon.events
    .read(0)
    .filter(({ app }) => app?.state === "running")
    .map(({ time }) => time.slice(0, 16));

describe("overlap: replace", () => {
  test("a run that goes on is ended when the next is due, which takes its place", async () => {
    const fake = await scheduled(hourly);
    await pass(fake, 3.5 * hour);
    expect(fake.runner.runs).toHaveLength(3);
    expect(fake.runner.runs.map(({ hasExited }) => hasExited)).toEqual([true, true, false]);
    expect(fake.runner.runs[0]?.stops).toMatchObject([{ signal: "SIGTERM" }]);
    expect([fake.states(), fake.runner.living]).toEqual([{ job: "running" }, ["job"]]);
    expect(startsOf(fake)).toEqual(["2000-01-01T01:00", "2000-01-01T02:00", "2000-01-01T03:00"]);
  });

  test("one that has ended is not touched, and the next comes at its time", async () => {
    const fake = await scheduled(hourly);
    await pass(fake, hour + minute);
    fake.runner.last("job").end({ code: 0 });
    await pass(fake, hour / 2);
    expect([fake.runner.runs.length, fake.states()]).toEqual([1, { job: "completed" }]);
    await pass(fake, hour / 2);
    expect(fake.runner.runs).toHaveLength(2);
  });

  test("one that ignores the signal is killed when its grace is over, and there are never two", async () => {
    const fake = await scheduled(hourly);
    await pass(fake, hour + 1_000);
    fake.runner.last("job").obeys = false;
    await pass(fake, hour);
    expect([fake.runner.runs.length, fake.states()]).toEqual([1, { job: "restarting" }]);
    await pass(fake, 10_000);
    expect([fake.runner.runs.length, fake.runner.living.length]).toEqual([2, 1]);
  });

  test("one that is to be restarted after a crash gives way as well", async () => {
    const backoff = { initialMs: 2 * hour, maxMs: 2 * hour, factor: 1 };
    const fake = fakeDaemon();
    const app = appSpec("job", { schedule: hourly, restart: { when: "on-failure", backoff } });
    fake.daemon.apply(projectSpec([app]));
    await pass(fake, hour + minute);
    fake.runner.last("job").end({ code: 1 });
    await pass(fake, minute);
    expect(fake.states()).toEqual({ job: "backoff" });
    await pass(fake, hour);
    expect([fake.runner.runs.length, fake.states()]).toEqual([2, { job: "running" }]);
  });

  test("by an interval: each run has it, and no more", async () => {
    const fake = await scheduled({ everyMs: 10_000, immediate: true, overlap: "replace" });
    await fake.clock.advance(35_000);
    expect([fake.runner.runs.length, fake.runner.living.length]).toEqual([4, 1]);
  });

  test("a stop while one gives way ends both, and nothing comes after it", async () => {
    for (const at of [0, 1, 5_000, 9_999, 10_000, 10_001]) {
      const fake = await scheduled(hourly);
      await pass(fake, hour + 1_000);
      fake.runner.last("job").obeys = false;
      await pass(fake, hour - 1_001);
      await fake.clock.advance(at);
      fake.daemon.stop([job]);
      await pass(fake, 3 * hour);
      expect([at, fake.runner.living, fake.states()]).toEqual([at, [], { job: "stopped" }]);
      expect(fake.runner.runs.length).toBeLessThanOrEqual(2);
    }
  });

  test("after the death of the daemon the run that goes on gives way at the next time", async () => {
    const first = await scheduled(hourly);
    await pass(first, hour + minute);
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    await pass(second, hour / 2);
    expect(second.runner.runs).toHaveLength(1);
    await pass(second, hour / 2);
    expect([second.runner.runs.length, second.runner.living.length]).toEqual([2, 1]);
  });

  test.each([
    [undefined, 1],
    ["run-once", 2],
  ] as const)("a time that came while no daemon lived, missed: %s", async (missed, runs) => {
    const first = await scheduled({ ...hourly, ...(missed && { missed }) });
    await pass(first, hour + minute);
    const crashed = first.crash();
    await crashed.clock.advance(2 * hour + 10 * minute);
    const second = fakeDaemon(crashed);
    await second.daemon.resume();
    await second.clock.advance(30_000);
    expect([second.runner.runs.length, second.runner.living.length]).toEqual([runs, 1]);
    const warnings = second.daemon.events.read(0).filter(({ type }) => type === "warning");
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("job missed its run of 2000-01-01T03:00"),
    );
    // And the next comes at its time.
    await pass(second, hour);
    expect(second.runner.runs).toHaveLength(runs + 1);
  });

  test.each([
    // 02:00 to 03:00 is not there: what was due in it comes when it is over.
    ["2026-03-29T00:30:00Z", "30 * * * *", ["00:30", "01:30", "02:30"], 3],
    // 02:00 to 03:00 is there twice.
    ["2026-10-25T00:15:00Z", "30 * * * *", ["00:30", "01:30", "02:30"], 3],
  ])(
    "in Berlin, where the clock is set at %s: each time once, and never two runs",
    async (from, cron, times, count) => {
      const fake = fakeDaemon();
      fake.clock.setWall(Date.parse(from) - 1_000);
      const schedule: Schedule = { cron, timeZone: "Europe/Berlin", immediate: false, overlap: "replace" };
      fake.daemon.apply(projectSpec([appSpec("job", { schedule })]));
      await pass(fake, 2.75 * hour);
      expect(startsOf(fake).map((time) => time.slice(11))).toEqual(times);
      expect([fake.runner.runs.length, fake.runner.living.length]).toEqual([count, 1]);
    },
  );

  test.each([
    ["2026-03-28T22:00:00Z", 1],
    ["2026-10-24T22:00:00Z", 1],
  ])("a daily run at 02:30 in Berlin comes once on the day of %s", async (from, count) => {
    const fake = fakeDaemon();
    fake.clock.setWall(Date.parse(from));
    const schedule: Schedule = {
      cron: "30 2 * * *",
      timeZone: "Europe/Berlin",
      immediate: false,
      overlap: "replace",
    };
    fake.daemon.apply(projectSpec([appSpec("job", { schedule })]));
    await pass(fake, 23 * hour);
    expect(fake.runner.runs).toHaveLength(count);
  });
});
