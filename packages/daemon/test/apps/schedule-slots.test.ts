import { describe, expect, test } from "vitest";
import type { Schedule } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const hour = 3_600_000;
const day = 24 * hour;
const hourly: Schedule = { cron: "0 * * * *", timeZone: "UTC", immediate: false };

async function scheduled(schedule: Schedule) {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec([appSpec("job", { schedule })]));
  await fake.clock.advance(1);
  /** Each run ends at once. */
  const pass = async (ms: number, to: FakeDaemon = fake) => {
    for (let left = ms; left > 0; left -= 30_000) {
      await to.clock.advance(Math.min(left, 30_000));
      for (const run of to.runner.runs) run.end();
    }
  };
  return { ...fake, pass };
}

const warnings = ({ daemon }: Pick<FakeDaemon, "daemon">): readonly string[] =>
  daemon.events
    .read(0)
    .filter(({ type }) => type === "warning")
    .map(({ message }) => message);

describe("F9: a wall clock that is set", () => {
  test("back by an hour or a day: no slot is run twice, and none is early", async () => {
    for (const jump of [hour, day]) {
      const { clock, runner, pass } = await scheduled(hourly);
      await pass(3 * hour + 60_000);
      expect(runner.runs).toHaveLength(3);
      clock.setWall(clock.now() - jump);
      await pass(jump - 120_000);
      expect(runner.runs).toHaveLength(3);
      await pass(hour);
      expect(runner.runs).toHaveLength(3);
      await pass(120_000);
      expect(runner.runs).toHaveLength(4);
    }
  });

  test("forward by an hour or a day: what it jumped over is told and left out, or run once", async () => {
    for (const jump of [hour, day]) {
      for (const missed of [undefined, "run-once"] as const) {
        const fake = await scheduled({ ...hourly, ...(missed && { missed }) });
        await fake.pass(hour / 2);
        fake.clock.setWall(fake.clock.now() + jump);
        await fake.pass(120_000);
        expect(fake.runner.runs).toHaveLength(missed === undefined ? 0 : 1);
        expect(warnings(fake)).toEqual([expect.stringMatching(/^job missed its run of 2000-01-01T01:00:00/)]);
        await fake.pass(hour);
        expect(fake.runner.runs).toHaveLength(missed === undefined ? 1 : 2);
      }
    }
  });

  test("forward by a day and back again: the job goes on within its hour", async () => {
    const { clock, runner, pass } = await scheduled(hourly);
    await pass(60_000);
    clock.setWall(clock.now() + day);
    await pass(60_000);
    clock.setWall(clock.now() - day);
    await pass(2 * hour);
    expect(runner.runs).toHaveLength(1);
  });

  test("an interval does not ask it: 50 jumps make no run early, late or double", async () => {
    const { clock, runner, pass } = await scheduled({ everyMs: hour, immediate: false });
    const begun: number[] = [];
    runner.onLaunch = () => begun.push(clock.monotonic());
    for (let jump = 0; jump < 50; jump++) {
      clock.setWall(clock.now() + (jump % 2 === 0 ? day : -day - hour));
      await pass(hour / 2);
    }
    expect(runner.runs.length).toBeGreaterThanOrEqual(24);
    const gaps = begun.map((at, index) => at - (begun[index - 1] ?? 0));
    expect([Math.min(...gaps) >= hour, Math.max(...gaps) <= hour + 60_000]).toEqual([true, true]);
  });
});

describe("a daemon that was away", () => {
  test("over a slot tells it and leaves it out, or runs once, however many they were", async () => {
    for (const missed of [undefined, "run-once"] as const) {
      const first = await scheduled({ ...hourly, ...(missed && { missed }) });
      await first.pass(60_000);
      const kept = first.crash();
      await first.clock.advance(5 * hour);
      const second = fakeDaemon(kept);
      await second.daemon.resume();
      await first.pass(120_000, second);
      expect(second.runner.runs).toHaveLength(missed === undefined ? 0 : 1);
      expect(warnings(second)).toHaveLength(1);
      await first.pass(hour, second);
      expect(second.runner.runs).toHaveLength(missed === undefined ? 1 : 2);
    }
  });

  test("for a moment, at a slot, runs it once; killed after it, not again", async () => {
    const first = await scheduled({ ...hourly, immediate: true });
    await first.pass(hour - 10_000);
    expect(first.runner.runs).toHaveLength(1);
    const kept = first.crash();
    await first.clock.advance(20_000);
    const second = fakeDaemon(kept);
    await second.daemon.resume();
    await first.pass(90_000, second);
    expect(second.runner.runs).toHaveLength(2);
    const third = fakeDaemon(second.crash());
    await third.daemon.resume();
    await first.pass(60_000, third);
    expect(third.runner.runs).toHaveLength(2);
  });
});

describe("a run that goes on when the next is due", () => {
  test("has it left out, which is told with the number", async () => {
    const fake = await scheduled(hourly);
    await fake.clock.advance(3 * hour + 60_000);
    expect(fake.runner.runs).toHaveLength(1);
    fake.runner.last("job").end();
    await fake.clock.advance(1_000);
    expect(fake.runner.runs).toHaveLength(1);
    expect(warnings(fake)).toEqual(["2 runs of job left out: the last one went on until now"]);
    await fake.clock.advance(hour);
    expect(fake.runner.runs).toHaveLength(2);
  });

  test("is followed by one at once with queue", async () => {
    const fake = await scheduled({ ...hourly, overlap: "queue" });
    await fake.clock.advance(3 * hour + 60_000);
    fake.runner.last("job").end();
    await fake.clock.advance(1_000);
    expect(fake.runner.runs).toHaveLength(2);
    fake.runner.last("job").end();
    await fake.clock.advance(1_000);
    expect(fake.runner.runs).toHaveLength(2);
  });
});

test("summer time: a job at half past two runs once on each of the two nights", async () => {
  for (const night of ["2030-03-31T00:00:00Z", "2030-10-27T00:00:00Z"]) {
    const fake = fakeDaemon();
    fake.clock.setWall(Date.parse(night) - hour);
    const schedule: Schedule = { cron: "30 2 * * *", timeZone: "Europe/Berlin", immediate: false };
    fake.daemon.apply(projectSpec([appSpec("job", { schedule })]));
    for (let step = 0; step < 10 * 60; step++) {
      await fake.clock.advance(60_000);
      for (const run of fake.runner.runs) run.end();
    }
    expect([night, fake.runner.runs.length]).toEqual([night, 1]);
  }
});
