import { expect, test } from "vitest";
import { adoptStrays } from "../../src/apps/adopt-strays.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

const shop = projectSpec([appSpec("web", { replicas: 2 }), appSpec("db")]);

test("F18: runs that nothing is written of any more are taken up, and nothing is started beside them", async () => {
  const first = fakeDaemon();
  first.daemon.apply(shop);
  await first.clock.advance(1_000);
  const left = first.crash();
  // A backup that is older than the runs: what it says of them is wrong.
  const instances = left.database.kept.instances.map((record) => ({ ...record, cookie: "an-older-run" }));
  left.database.kept = { ...left.database.kept, instances, operations: [] };

  const second = fakeDaemon(left);
  await second.daemon.resume();
  await second.clock.advance(60_000);

  expect(second.runner.runs.map(({ pid }) => pid)).toEqual([1_000, 1_001, 1_002]);
  expect(
    second.daemon.list().map(({ name, instance, state, pid }) => ({ name, instance, state, pid })),
  ).toEqual([
    { name: "web", instance: 1, state: "running", pid: 1_000 },
    { name: "web", instance: 2, state: "running", pid: 1_001 },
    { name: "db", instance: 1, state: "running", pid: 1_002 },
  ]);
  const told = second.daemon.events.read(0).map(({ message }) => message);
  expect(told).toContain("db (pid 1002) ran on and was taken up by what it says of itself");
});

test("F18: a run of an app that no manifest has is told, and left alone", async () => {
  const first = fakeDaemon();
  first.daemon.apply(shop);
  await first.clock.advance(1_000);
  const left = first.crash();
  left.database.kept = { projects: [projectSpec([appSpec("db")])], instances: [], operations: [] };

  const second = fakeDaemon(left);
  await second.daemon.resume();
  await second.clock.advance(60_000);

  expect(second.runner.living).toEqual(["web", "web", "db"]);
  const told = second.daemon.events.read(0).map(({ message }) => message);
  expect(told).toContain("web (pid 1000) runs and is left alone: no manifest has it");
});

test("F18: a stop whose record was lost leaves no second run: what runs is what was wanted", async () => {
  const first = fakeDaemon();
  first.daemon.apply(projectSpec([appSpec("db")]));
  await first.clock.advance(1_000);
  const left = first.crash();
  const [record] = left.database.kept.instances;
  if (record === undefined) throw new Error("no record");
  const stopped = { ...record, cookie: null, pid: null, wanted: false, state: { kind: "stopped" } as const };
  left.database.kept = { ...left.database.kept, instances: [stopped], operations: [] };

  const second = fakeDaemon(left);
  await second.daemon.resume();
  await second.clock.advance(1_000);
  expect(second.states()).toEqual({ db: "running" });
  second.daemon.stop([{ project: "shop", name: "db" }]);
  await second.clock.advance(1_000);
  expect(second.states()).toEqual({ db: "stopped" });
  expect(second.runner.living).toEqual([]);
});

test("F18: runs that do not say which instance they are take the free places, and one too many is left alone", () => {
  const strays = [1, 2, 3].map((pid) => ({ cookie: `cookie ${pid}`, pid, project: "shop", name: "web" }));
  const kept = { projects: [shop], instances: [] };
  const { instances, told } = adoptStrays(kept, strays, { now: 0, isLive: () => false });
  expect(instances.map(({ instance, cookie }) => [instance, cookie])).toEqual([
    [1, "cookie 1"],
    [2, "cookie 2"],
  ]);
  expect(told.at(-1)?.message).toBe("web (pid 3) runs and is left alone: all its instances run already");
});
