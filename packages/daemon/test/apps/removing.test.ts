import { describe, expect, test } from "vitest";
import { appSpec, needs, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const [web, db, shop] = [
  { project: "shop", name: "web" },
  { project: "shop", name: "db" },
  { project: "shop" },
];

async function upWith(...apps: Parameters<typeof projectSpec>[0]): Promise<FakeDaemon> {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec(apps));
  await fake.clock.advance(100);
  return fake;
}

/** Every stage that was told of an app, in order. */
function stages({ daemon }: FakeDaemon, name: string): readonly string[] {
  return daemon.events.read(0).flatMap(({ app }) => (app?.name === name && app.stage) || []);
}

describe("removing an app", () => {
  test("A-07 stops it, deletes its output and forgets it, and each stage is told", async () => {
    const fake = await upWith(appSpec("web", { replicas: 2 }), appSpec("db"));
    fake.runner.last("web").obeys = false;
    const [operation] = fake.daemon.remove([web], { by: "uid 7" });
    expect(operation).toMatchObject({ kind: "remove", name: "web", state: "running", by: "uid 7" });
    expect(fake.daemon.listTargets([web])).toMatchObject([
      { state: "removing", stage: "stopping" },
      { state: "removing", stage: "stopping" },
    ]);
    await fake.clock.advance(9_000);
    expect([fake.deleted, fake.states()["web"]]).toEqual([[], "removing"]);
    await fake.clock.advance(1_100);
    expect(fake.daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done", error: null });
    expect([fake.deleted, fake.states(), fake.runner.living]).toEqual([["web"], { db: "running" }, ["db"]]);
    expect(new Set(stages(fake, "web"))).toEqual(new Set(["stopping", "deleting data", "forgetting"]));
    expect(fake.database.kept.instances.map(({ name }) => name)).toEqual(["db"]);
    expect(fake.database.kept.projects[0]?.apps.map(({ name }) => name)).toEqual(["db"]);
    const told = fake.daemon.events.readLast(10).map(({ message }) => message);
    expect(told).toContain("web was removed");
    expect(told).toContain("remove of web done");
    expect(() => fake.daemon.start([web])).toThrow("shop has no app web");
  });

  test("one that is stopped, has failed or waits for its backoff is removed as well", async () => {
    const fake = await upWith(
      appSpec("stopped", { disabled: true }),
      appSpec("failed"),
      appSpec("backoff", restart("always")),
      appSpec("job"),
    );
    fake.runner.last("failed").end({ code: 1 });
    fake.runner.last("backoff").end({ code: 1 });
    fake.runner.last("job").end({ code: 0 });
    await fake.clock.advance(10);
    expect(Object.values(fake.states())).toEqual(["stopped", "failed", "backoff", "completed"]);
    fake.daemon.remove([shop]);
    await fake.clock.advance(60_000);
    expect(fake.daemon.list()).toEqual([]);
    expect(fake.runner.runs).toHaveLength(3);
  });

  test("with the last app its project is gone, and an apply brings both back", async () => {
    const fake = await upWith(appSpec("web"));
    fake.daemon.remove([web]);
    await fake.clock.advance(100);
    expect(() => fake.daemon.list("shop")).toThrow("there is no project shop");
    expect(fake.database.kept).toMatchObject({ projects: [], instances: [] });
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(100);
    expect([fake.states(), fake.runner.living]).toEqual([{ web: "running" }, ["web"]]);
  });

  test("one that another app needs is refused by name, and nothing of the request is done", async () => {
    const fake = await upWith(appSpec("db"), appSpec("web", needs(["db"])), appSpec("x"));
    const refused = () => fake.daemon.remove([{ project: "shop", name: "x" }, db]);
    expect(refused).toThrow(
      expect.objectContaining({
        code: "CONFLICT",
        message: expect.stringMatching(/^db is not removed: web needs it; remove web too/),
      }),
    );
    expect(fake.states()).toEqual({ db: "running", web: "running", x: "running" });
    expect(fake.daemon.operations.list().every(({ kind }) => kind === "start")).toBe(true);
    // Together they go, and in order.
    for (const run of fake.runner.runs) run.obeys = false;
    fake.daemon.remove([db, web]);
    await fake.clock.advance(9_000);
    expect(fake.runner.living).toEqual(["db", "x", "web"]);
    await fake.clock.advance(2_000);
    expect(fake.runner.living).toEqual(["db", "x"]);
    await fake.clock.advance(10_000);
    expect([fake.runner.living, fake.deleted]).toEqual([["x"], ["web", "db"]]);
  });

  test("one that is needed only where it is there is removed, and its dependant goes on", async () => {
    const fake = await upWith(
      appSpec("db"),
      appSpec("web", {
        dependsOn: { db: { condition: "service_started", required: false, restart: false } },
      }),
    );
    fake.daemon.remove([db]);
    await fake.clock.advance(100);
    fake.daemon.restart([web]);
    await fake.clock.advance(100);
    expect(fake.states()).toEqual({ web: "running" });
  });

  test("`keepData` leaves its output where it is", async () => {
    const fake = await upWith(appSpec("web"));
    fake.daemon.remove([web], { keepData: true });
    await fake.clock.advance(100);
    expect([fake.deleted, fake.daemon.list(), stages(fake, "web")]).toEqual([
      [],
      [],
      ["stopping", "forgetting"],
    ]);
  });

  test("an instance alone is refused", async () => {
    const fake = await upWith(appSpec("web", { replicas: 2 }));
    expect(() => fake.daemon.remove([{ ...web, instance: 1 }])).toThrow("fewer replicas");
  });

  test("a schedule and a watch end with it", async () => {
    const fake = fakeDaemon();
    const rule = { path: "/src", include: [], ignore: [], debounceMs: 100 };
    const schedule = { everyMs: 1_000, immediate: false } as const;
    fake.daemon.apply(projectSpec([appSpec("web", { watch: [rule] }), appSpec("tick", { schedule })]));
    await fake.clock.advance(100);
    expect(fake.watches.size).toBe(1);
    fake.daemon.remove([shop]);
    await fake.clock.advance(60_000);
    expect([fake.watches.size, fake.runner.of("tick")]).toEqual([0, []]);
  });
});

describe("while an app is being removed", () => {
  async function removing(): Promise<{ readonly fake: FakeDaemon; readonly id: string }> {
    const fake = await upWith(appSpec("web", restart("always")), appSpec("other"));
    fake.runner.last("web").obeys = false;
    const [operation] = fake.daemon.remove([web], { key: "k" });
    await fake.clock.advance(1_000);
    return { fake, id: operation?.id ?? "" };
  }

  test("a start, a restart and an apply of it are refused with what to do, and change nothing", async () => {
    const { fake } = await removing();
    const conflict = expect.objectContaining({
      code: "CONFLICT",
      message: expect.stringContaining("holdfast up"),
    });
    expect(() => fake.daemon.start([web])).toThrow(conflict);
    expect(() => fake.daemon.restart([web])).toThrow(conflict);
    expect(() => fake.daemon.apply(projectSpec([appSpec("web")]))).toThrow(conflict);
    expect(() => fake.daemon.plan({ spec: projectSpec([appSpec("web")]) })).toThrow(conflict);
    await fake.clock.advance(20_000);
    expect([fake.states(), fake.runner.living]).toEqual([{ other: "running" }, ["other"]]);
  });

  test("the others of its project are started and applied as ever", async () => {
    const { fake } = await removing();
    fake.daemon.restart([shop]);
    fake.daemon.apply(projectSpec([appSpec("other"), appSpec("new")]));
    await fake.clock.advance(100);
    expect(fake.states()).toEqual({ other: "running", new: "running", web: "removing" });
    fake.daemon.apply(projectSpec([appSpec("other")]), undefined, true);
    await fake.clock.advance(20_000);
    expect([fake.states(), fake.runner.living]).toEqual([{ other: "running" }, ["other"]]);
  });

  test("a stop and another removal of it join it, and can give it less time", async () => {
    const { fake, id } = await removing();
    expect(fake.daemon.remove([web])).toMatchObject([{ id }]);
    expect(fake.daemon.stop([web], 500)).toMatchObject([{ id, kind: "remove" }]);
    expect(fake.daemon.remove([web], { key: "k" })).toMatchObject([{ id }]);
    expect(fake.runner.last("web").stops.at(-1)).toMatchObject({ graceMs: 500 });
    await fake.clock.advance(501);
    expect(fake.states()).toEqual({ other: "running" });
  });

  test("a crash of it starts nothing", async () => {
    const { fake } = await removing();
    fake.runner.last("web").end({ code: 1 });
    await fake.clock.advance(60_000);
    expect([fake.runner.of("web").length, fake.states()]).toEqual([1, { other: "running" }]);
  });

  test("A-03 its data cannot be deleted: it stays, stopped, and the operations log says why", async () => {
    const fake = await upWith(appSpec("web"));
    fake.deletion.wait = () => Promise.reject(new Error("EACCES: permission denied"));
    const [operation] = fake.daemon.remove([web]);
    await fake.clock.advance(100);
    expect(fake.states()).toEqual({ web: "stopped" });
    expect(fake.daemon.operations.get(operation?.id ?? "")).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/^web was stopped and could not be removed \(.*--keep-data\): EACCES/),
    });
    fake.deletion.wait = () => Promise.resolve();
    fake.daemon.start([web]);
    await fake.clock.advance(100);
    expect(fake.states()).toEqual({ web: "running" });
    fake.daemon.remove([web]);
    await fake.clock.advance(100);
    expect(fake.daemon.list()).toEqual([]);
  });

  test("its output is deleted when replicas that were taken from it before have ended as well", async () => {
    const fake = await upWith(appSpec("web", { replicas: 2 }));
    const [, second] = fake.runner.runs;
    if (second !== undefined) second.obeys = false;
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(9_000);
    fake.daemon.remove([web]);
    await fake.clock.advance(500);
    expect([fake.deleted, fake.states()["web"]]).toEqual([[], "removing"]);
    await fake.clock.advance(1_000);
    expect([fake.deleted, fake.daemon.list(), fake.runner.living]).toEqual([["web"], [], []]);
  });

  test("a roll that waits between two batches starts nothing any more", async () => {
    const update = { parallelism: 1, delayMs: 5_000, monitorMs: 0, onFailure: "pause" } as const;
    const fake = await upWith(appSpec("web", { replicas: 2, update }));
    fake.daemon.restart([web], undefined, {}, true);
    await fake.clock.advance(1_000);
    fake.daemon.stop([web]);
    await fake.clock.advance(60_000);
    expect([fake.runner.living, fake.runner.runs.length]).toEqual([[], 3]);
    expect(fake.daemon.operations.list().map(({ state }) => state)).toEqual(["done", "failed", "done"]);
  });
});

describe("a daemon that is killed while it removes an app", () => {
  test("while it is being stopped: the next one goes on under the same id, and a retry gets it", async () => {
    const first = await upWith(appSpec("db"), appSpec("web", needs(["db"])));
    for (const run of first.runner.runs) run.obeys = false;
    const operations = first.daemon.remove([shop], { key: "k" });
    await first.clock.advance(1);
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    expect(second.daemon.list().map(({ state }) => state)).toEqual(["removing", "removing"]);
    expect(second.daemon.remove([shop], { key: "k" }).map(({ id }) => id)).toEqual(
      operations.map(({ id }) => id),
    );
    await second.clock.advance(10_500);
    expect(second.runner.living).toEqual(["db"]);
    await second.clock.advance(10_500);
    expect([second.runner.living, second.daemon.list(), second.deleted]).toEqual([[], [], ["web", "db"]]);
    expect(second.daemon.operations.list().filter(({ state }) => state !== "done")).toEqual([]);
    expect(second.database.kept).toMatchObject({ projects: [], instances: [] });
  });

  test("while its data is deleted: it is deleted again, and the app forgotten", async () => {
    const first = await upWith(appSpec("web"));
    first.deletion.wait = () => new Promise(() => undefined);
    const [operation] = first.daemon.remove([web]);
    await first.clock.advance(100);
    expect(stages(first, "web")).toContain("deleting data");
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    await second.clock.advance(100);
    expect([second.daemon.list(), second.deleted]).toEqual([[], ["web"]]);
    expect(second.daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done" });
  });

  test("after an apply without it that removes orphans: the removal is gone on with, and nothing is left of it", async () => {
    const first = await upWith(appSpec("db"), appSpec("web"));
    first.runner.last("db").obeys = false;
    const [operation] = first.daemon.remove([db]);
    await first.clock.advance(1);
    first.daemon.apply(projectSpec([appSpec("web")]), undefined, true);
    await first.clock.advance(100);
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    expect(second.states()).toMatchObject({ db: "removing", web: "running" });
    await second.clock.advance(10_500);
    expect([second.states(), second.runner.living]).toEqual([{ web: "running" }, ["web"]]);
    expect(second.daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done" });
    expect(second.database.kept.instances.map(({ name }) => name)).toEqual(["web"]);
  });

  test("A-05 a removal that nobody goes on with is settled at the next start: the app is stopped, and stays", async () => {
    const first = await upWith(appSpec("web"), appSpec("gone"));
    for (const run of first.runner.runs) run.obeys = false;
    first.daemon.remove([shop]);
    await first.clock.advance(1);
    const { database, ...rest } = first.crash();
    database.kept = { ...database.kept, operations: [] };
    first.runner.last("gone").end({ signal: "SIGKILL" });
    const second = fakeDaemon({ ...rest, database });
    await second.daemon.resume();
    await second.clock.advance(10_500);
    expect([second.states(), second.runner.living]).toEqual([{ web: "stopped", gone: "stopped" }, []]);
  });
});
