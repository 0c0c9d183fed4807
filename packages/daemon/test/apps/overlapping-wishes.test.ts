import { describe, expect, test } from "vitest";
import { appSpec, needs, probe, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

const web = { project: "shop", name: "web" };

/** A daemon with these apps up, whose processes ignore every signal. */
async function deafUp(...apps: Parameters<typeof projectSpec>[0]) {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec(apps));
  await fake.clock.advance(100);
  for (const run of fake.runner.runs) run.obeys = false;
  return fake;
}

const killed = async (fake: ReturnType<typeof fakeDaemon>) => {
  const next = fakeDaemon(fake.crash());
  await next.daemon.resume();
  return next;
};

const openOperations = ({ daemon }: ReturnType<typeof fakeDaemon>) =>
  daemon.operations.list().filter(({ state }) => state === "running");

describe("wishes that overlap", () => {
  test("an app that is removed and comes back is not launched beside its old process", async () => {
    const { daemon, clock, runner, states } = await deafUp(appSpec("db"), appSpec("web"));
    daemon.apply(projectSpec([appSpec("db")]), undefined, true);
    await clock.advance(100);
    daemon.apply(projectSpec([appSpec("db"), appSpec("web")]), undefined, true);
    await clock.advance(5_000);
    expect(runner.of("web")).toHaveLength(1);
    await clock.advance(6_000);
    expect([runner.of("web").length, runner.living, states()["web"]]).toEqual([2, ["db", "web"], "running"]);
  });

  test("a replica that is taken away and comes back is not launched beside its old process", async () => {
    const { daemon, clock, runner, database } = await deafUp(appSpec("web", { replicas: 2 }));
    daemon.apply(projectSpec([appSpec("web")]));
    await clock.advance(100);
    daemon.apply(projectSpec([appSpec("web", { replicas: 2 })]));
    await clock.advance(20_000);
    expect([runner.living, daemon.list().map(({ state }) => state)]).toEqual([
      ["web", "web"],
      ["running", "running"],
    ]);
    expect(database.kept.instances).toHaveLength(2);
  });

  test("an app that came back while it was being removed is there after a crash of the daemon too", async () => {
    const first = await deafUp(appSpec("db"), appSpec("web"));
    first.daemon.apply(projectSpec([appSpec("db")]), undefined, true);
    await first.clock.advance(100);
    first.daemon.apply(projectSpec([appSpec("db"), appSpec("web")]), undefined, true);
    await first.clock.advance(100);
    const next = await killed(first);
    await next.clock.advance(20_000);
    expect([next.runner.living, next.states()["web"]]).toEqual([["db", "web"], "running"]);
    expect(openOperations(next)).toEqual([]);
  });

  test("two stops of one app that a crash cut short both end", async () => {
    const first = await deafUp(appSpec("web"));
    first.daemon.stop([web]);
    await first.clock.advance(100);
    first.daemon.stop([web]);
    await first.clock.advance(100);
    const next = await killed(first);
    await next.clock.advance(20_000);
    expect([openOperations(next), next.runner.living]).toEqual([[], []]);
  });

  test("a start that was asked for during a stop is not lost in a crash", async () => {
    const first = await deafUp(appSpec("web"));
    first.daemon.stop([web]);
    await first.clock.advance(100);
    first.daemon.start([web]);
    await first.clock.advance(100);
    const next = await killed(first);
    await next.clock.advance(20_000);
    expect([next.states(), next.runner.living.length]).toEqual([{ web: "running" }, 1]);
    expect(next.daemon.operations.list().map(({ state }) => state)).toEqual(["done", "done", "done"]);
  });

  test("a replica that was started again already is not stopped when the stop of the others goes on", async () => {
    const first = await deafUp(appSpec("web", { replicas: 2 }));
    const [one] = first.runner.runs;
    if (one !== undefined) one.obeys = true;
    first.daemon.stop([web]);
    await first.clock.advance(100);
    first.daemon.start([web]);
    await first.clock.advance(100);
    const [, , again] = first.runner.runs;
    const next = await killed(first);
    await next.clock.advance(20_000);
    expect([again?.hasExited, next.runner.living.length]).toEqual([false, 2]);
  });

  test("an app that was stopped with what it needs, and is asked for again, waits for it", async () => {
    const { daemon, clock, runner, states } = await deafUp(appSpec("db"), appSpec("web", needs(["db"])));
    runner.last("web").obeys = true;
    daemon.stop([{ project: "shop" }]);
    await clock.advance(100);
    daemon.start([{ project: "shop" }]);
    await clock.advance(100);
    expect(states()["web"]).toBe("starting");
    await clock.advance(10_000);
    expect(states()).toEqual({ db: "running", web: "running" });
  });

  test("an app that waits for one that was to be started after its stop waits for it after a crash too", async () => {
    const first = await deafUp(appSpec("db"), appSpec("web", needs(["db"])));
    first.runner.last("web").obeys = true;
    first.daemon.stop([{ project: "shop" }]);
    await first.clock.advance(100);
    first.daemon.start([{ project: "shop" }]);
    await first.clock.advance(100);
    const next = await killed(first);
    await next.clock.advance(20_000);
    expect(next.states()).toEqual({ db: "running", web: "running" });
  });

  test("a scheduled app that is stopped while it is being restarted stays stopped", async () => {
    const schedule = { everyMs: 1_000, immediate: true };
    const { daemon, clock, runner, states } = await deafUp(appSpec("web", { schedule }));
    daemon.restart([web]);
    await clock.advance(100);
    daemon.stop([web]);
    await clock.advance(30_000);
    expect([runner.of("web").length, states()]).toEqual([1, { web: "stopped" }]);
  });

  test("a start starts the instances that are down, although others are up", async () => {
    const { daemon, clock, runner } = await deafUp(appSpec("web", { replicas: 2 }));
    runner.last("web").end({ code: 1 });
    await clock.advance(100);
    daemon.start([web]);
    await clock.advance(100);
    expect(daemon.list().map(({ state }) => state)).toEqual(["running", "running"]);
  });

  test("replicas that are added while a start waits are started with it", async () => {
    const { daemon, clock } = await deafUp(appSpec("web"));
    daemon.stop([web]);
    await clock.advance(100);
    daemon.start([web]);
    await clock.advance(100);
    daemon.apply(projectSpec([appSpec("web", { replicas: 2 })]));
    await clock.advance(20_000);
    expect(daemon.list().map(({ state }) => state)).toEqual(["running", "running"]);
    expect(daemon.operations.list().filter(({ state }) => state === "failed")).toEqual([]);
  });

  test("no row has an operation that is over, when one of an instance came into another's way", async () => {
    const { daemon, clock } = await deafUp(appSpec("web", { replicas: 2 }));
    daemon.restart([web]);
    await clock.advance(100);
    daemon.restart([{ ...web, instance: 2 }]);
    await clock.advance(40_000);
    expect(daemon.list().map(({ operation }) => operation)).toEqual([null, null]);
  });

  test("an app whose run was lost with the power is not told to run while it waits for another", async () => {
    const first = fakeDaemon();
    const db = appSpec("db", { healthcheck: probe });
    first.daemon.apply(projectSpec([db, appSpec("web", needs(["db"], "service_healthy"))]));
    await first.clock.advance(1_000);
    expect(first.states()).toEqual({ db: "running", web: "running" });
    const { clock, runner, database } = first.crash();
    const next = fakeDaemon({ clock, runner, database });
    for (const { request } of runner.runs) runner.left.set(request.cookie, { kind: "never-began" });
    next.looks.set("db", false);
    await next.daemon.resume();
    await clock.advance(500);
    expect(next.daemon.list().map(({ name, state, pid }) => [name, state, pid])).toEqual([
      ["db", "running", runner.last("db").pid],
      ["web", "starting", null],
    ]);
  });

  test("who waits for an operation hears of its end once the next daemon would say the same", async () => {
    const { daemon, clock, database } = fakeDaemon();
    const { operations } = daemon.apply(projectSpec([appSpec("web")]));
    const ended = daemon.operations.wait(operations.map(({ id }) => id)).then(() => database.kept.operations);
    await clock.advance(100);
    expect((await ended).map(({ state }) => state)).toEqual(["done"]);
  });
});

test("a request that joins an operation is known again by its own key, also under the next daemon", async () => {
  const first = fakeDaemon();
  first.runner.launchMs = 1_000;
  const [up] = first.daemon.apply(projectSpec([appSpec("web")])).operations;
  await first.clock.advance(10);
  expect(first.daemon.start([web], { key: "one" })).toMatchObject([{ id: up?.id, kind: "start" }]);
  await first.clock.advance(2_000);
  const [restart] = first.daemon.restart([web], undefined, { key: "two" });
  expect(first.daemon.restart([web], undefined, { key: "three" })).toMatchObject([{ id: restart?.id }]);
  await first.clock.advance(2_000);
  first.daemon.stop([web]);
  await first.clock.advance(100);
  // The same requests again: they were done, and are not done anew.
  const again = ({ daemon }: typeof first) => [
    ...daemon.start([web], { key: "one" }),
    ...["two", "three"].flatMap((key) => daemon.restart([web], undefined, { key })),
  ];
  const ids = [up?.id, restart?.id, restart?.id];
  expect(again(first).map(({ id }) => id)).toEqual(ids);
  const second = fakeDaemon(first.crash());
  await second.daemon.resume();
  expect(again(second).map(({ id, state }) => [id, state])).toEqual(ids.map((id) => [id, "done"]));
  await second.clock.advance(5_000);
  expect(second.states()["web"]).toBe("stopped");
});
