import { describe, expect, test } from "vitest";
import { appSpec, needs, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

const web = { project: "shop", name: "web" };

/** A daemon with these apps up, and the next one, once the first was killed. */
async function upWith(...apps: Parameters<typeof projectSpec>[0]) {
  const first = fakeDaemon();
  first.daemon.apply(projectSpec(apps));
  await first.clock.advance(100);
  const kill = async () => {
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    return second;
  };
  return { first, kill };
}

describe("an operation that the daemon was killed in", () => {
  test("a stop goes on under its own id, and does not hold up the new daemon", async () => {
    const { first, kill } = await upWith(appSpec("web"));
    first.runner.last("web").obeys = false;
    const [stop] = first.daemon.stop([web]);
    await first.clock.advance(1);
    const second = await kill();
    expect(second.states()).toEqual({ web: "stopping" });
    const ended = second.daemon.operations.wait([stop?.id ?? ""]);
    await second.clock.advance(10_100);
    expect(await ended).toMatchObject([{ id: stop?.id, kind: "stop", state: "done" }]);
    expect([second.states(), second.runner.living]).toEqual([{ web: "stopped" }, []]);
  });

  test("stops that wait for one another still do", async () => {
    const { first, kill } = await upWith(appSpec("db"), appSpec("web", needs(["db"])));
    first.runner.last("web").obeys = false;
    first.daemon.stop([{ project: "shop" }]);
    await first.clock.advance(1);
    const second = await kill();
    await second.clock.advance(5_000);
    expect(second.runner.living).toEqual(["db", "web"]);
    await second.clock.advance(6_000);
    expect(second.runner.living).toEqual([]);
  });

  test("a restart that had not begun is done", async () => {
    const { first, kill } = await upWith(appSpec("web"));
    const old = first.runner.last("web");
    old.obeys = false;
    const [operation] = first.daemon.restart([web]);
    await first.clock.advance(1);
    const second = await kill();
    await second.clock.advance(10_100);
    expect(second.daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done" });
    expect([old.hasExited, second.runner.of("web").length]).toEqual([true, 2]);
    expect(second.states()).toEqual({ web: "running" });
  });

  test("a restart that was through is not done twice", async () => {
    const { first, kill } = await upWith(appSpec("web"));
    first.runner.launchMs = 0;
    first.daemon.restart([web]);
    await first.clock.advance(1);
    expect(first.runner.of("web")).toHaveLength(2);
    const second = await kill();
    await second.clock.advance(1_000);
    expect([second.runner.of("web").length, second.states()]).toEqual([2, { web: "running" }]);
    expect(second.daemon.operations.list().filter(({ state }) => state !== "done")).toEqual([]);
  });

  test("a job that was started and has ended meanwhile is not run again", async () => {
    const { first, kill } = await upWith(appSpec("other"));
    first.daemon.apply(projectSpec([appSpec("other"), appSpec("job")]));
    await first.clock.advance(1);
    const job = first.runner.last("job");
    const crashed = first.crash();
    job.end({ code: 0 });
    const second = fakeDaemon(crashed);
    await second.daemon.resume();
    await second.clock.advance(1_000);
    expect(second.runner.of("job")).toHaveLength(1);
    expect(second.states()["job"]).toBe("completed");
    expect(kill).toBeDefined();
  });

  test("a start whose app was never launched launches it, once", async () => {
    const first = fakeDaemon();
    first.runner.launchMs = 1_000;
    const { operations } = first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(500);
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    await second.clock.advance(2_000);
    expect(second.daemon.operations.get(operations[0]?.id ?? "")).toMatchObject({ state: "done" });
    expect(second.states()).toEqual({ web: "running" });
  });

  test("an app that was being forgotten is stopped and forgotten", async () => {
    const { first, kill } = await upWith(appSpec("web"), appSpec("old"));
    first.runner.last("old").obeys = false;
    first.daemon.apply(projectSpec([appSpec("web")]), undefined, true);
    await first.clock.advance(1);
    const second = await kill();
    await second.clock.advance(10_100);
    expect([second.runner.living, second.states()]).toEqual([["web"], { web: "running" }]);
    expect(second.database.kept.instances.map(({ name }) => name)).toEqual(["web"]);
  });

  test("an instance beyond the new number of replicas is stopped and forgotten", async () => {
    const { first, kill } = await upWith(appSpec("web", { replicas: 3 }));
    for (const run of first.runner.runs.slice(1)) run.obeys = false;
    first.daemon.apply(projectSpec([appSpec("web", { replicas: 1 })]), []);
    await first.clock.advance(1);
    const second = await kill();
    await second.clock.advance(30_000);
    expect(second.runner.living).toEqual(["web"]);
    expect(second.database.kept.instances).toHaveLength(1);
  });

  test("a crash and restart of the app meanwhile leaves one run of it", async () => {
    const { first, kill } = await upWith(appSpec("web", restart("always")));
    first.runner.last("web").end({ code: 1 });
    await first.clock.advance(50);
    const second = await kill();
    await second.clock.advance(5_000);
    expect([second.runner.living, second.states()]).toEqual([["web"], { web: "running" }]);
  });
});

test("what a caller was told of is on the disk: an operation, and who asked for it", async () => {
  const { first, kill } = await upWith(appSpec("web"));
  const [stop] = first.daemon.stop([web], undefined, { by: "uid 7", key: "k1" });
  await first.clock.advance(1);
  const second = await kill();
  await second.clock.advance(100);
  expect(second.daemon.operations.get(stop?.id ?? "")).toMatchObject({ by: "uid 7", state: "done" });
});

test("a request that comes twice with one key is done once, also under the next daemon", async () => {
  const { first, kill } = await upWith(appSpec("web"));
  const [one] = first.daemon.restart([web], undefined, { key: "k1" });
  await first.clock.advance(100);
  expect(first.daemon.restart([web], undefined, { key: "k1" })).toMatchObject([{ id: one?.id }]);
  const second = await kill();
  expect(second.daemon.restart([web], undefined, { key: "k1" })).toMatchObject([
    { id: one?.id, state: "done" },
  ]);
  await second.clock.advance(100);
  expect(second.runner.of("web")).toHaveLength(2);
});

test("events are read over the death of a daemon, in order and each once", async () => {
  const { first, kill } = await upWith(appSpec("web"));
  const before = first.daemon.events.read(0).map(({ seq }) => seq);
  const second = await kill();
  second.daemon.stop([web]);
  await second.clock.advance(100);
  const all = second.daemon.events.read(0);
  expect(all.slice(0, before.length).map(({ seq }) => seq)).toEqual(before);
  expect(all.length).toBeGreaterThan(before.length);
  expect(all.map(({ seq }) => seq)).toEqual([...new Set(all.map(({ seq }) => seq))].sort((a, b) => a - b));
  expect(second.daemon.events.read(0, 3)).toEqual(all.slice(0, 3));
});
