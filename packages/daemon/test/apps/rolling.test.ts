import { describe, expect, test } from "vitest";
import type { AppSpec, UpdatePolicy } from "../../src/spec/app-spec.ts";
import { appSpec, probe, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const web = { project: "shop", name: "web" };
const usual: UpdatePolicy = { parallelism: 1, delayMs: 0, monitorMs: 0, onFailure: "pause" };

function pool(program: string, over: Partial<AppSpec> = {}): AppSpec {
  return appSpec("web", {
    replicas: 3,
    command: { kind: "exec", argv: [program] },
    healthcheck: probe,
    update: usual,
    ...over,
  });
}

async function upWith(app: AppSpec) {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec([app]));
  await fake.clock.advance(100);
  return fake;
}

/** `instance program` of all that live. */
function living({ runner }: Pick<FakeDaemon, "runner">): readonly string[] {
  return runner
    .of("web")
    .filter((run) => !run.hasExited)
    .map(({ request: { command, environment } }) => {
      return `${environment["INSTANCE"]} ${command.kind === "exec" ? command.argv[0] : ""}`;
    })
    .sort();
}

describe("a rolling restart", () => {
  test("replaces one instance at a time, each only once the one before is ready", async () => {
    const { daemon, clock, runner, looks } = await upWith(pool("old"));
    looks.set("web", false);
    const { operations } = daemon.apply(projectSpec([pool("new")]));
    expect(operations).toMatchObject([{ kind: "restart", name: "web" }]);
    await clock.advance(10);
    expect(living({ runner })).toEqual(["1 new", "2 old", "3 old"]);
    await clock.advance(500);
    expect(living({ runner })).toEqual(["1 new", "2 old", "3 old"]);
    looks.set("web", true);
    await clock.advance(3_000);
    expect(living({ runner })).toEqual(["1 new", "2 new", "3 new"]);
    expect(daemon.operations.get(operations[0]?.id ?? "")).toMatchObject({ state: "done", error: null });
    expect(runner.runs).toHaveLength(6);
  });

  test("keeps to its parallelism and waits its delay between batches", async () => {
    const update = { ...usual, parallelism: 2, delayMs: 60_000 };
    const { daemon, clock, runner } = await upWith(pool("old"));
    expect(daemon.plan({ spec: projectSpec([pool("new", { update })]) }).apps[0]).toMatchObject({
      action: "roll",
      stopMs: 20_000,
    });
    daemon.apply(projectSpec([pool("new", { update })]));
    await clock.advance(59_000);
    expect(living({ runner })).toEqual(["1 new", "2 new", "3 old"]);
    await clock.advance(3_000);
    expect(living({ runner })).toEqual(["1 new", "2 new", "3 new"]);
  });

  test("stops at one that fails, says which and why, and leaves the rest as it was", async () => {
    const { daemon, clock, runner, looks } = await upWith(pool("old"));
    looks.set("web", false);
    const { operations } = daemon.apply(projectSpec([pool("new")]));
    await clock.advance(10);
    runner.last("web").end({ code: 3 });
    await clock.advance(60_000);
    expect(living({ runner })).toEqual(["2 old", "3 old"]);
    expect(daemon.operations.get(operations[0]?.id ?? "")).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/^web\.1 did not become ready: .*3.*; web\.2, web\.3 go on as before$/),
    });
  });

  test.each([
    ["an unhealthy one", (fake: FakeDaemon) => void fake.looks.set("web", false), "it is unhealthy"],
    [
      "one that cannot be started",
      (fake: FakeDaemon) => void fake.runner.failures.set("web", "no such program"),
      "web could not start: no such program",
    ],
  ])("stops at %s", async (_, spoil, why) => {
    const fake = await upWith(pool("old"));
    spoil(fake);
    const [operation] = fake.daemon.apply(projectSpec([pool("new")])).operations;
    await fake.clock.advance(30_000);
    expect(fake.daemon.operations.get(operation?.id ?? "")).toMatchObject({
      state: "failed",
      error: expect.stringContaining(`web.1 did not become ready: ${why}`),
    });
    expect(living(fake)).toEqual(expect.arrayContaining(["2 old", "3 old"]));
  });

  test("an instance that fails within the monitored time has failed, though it was ready", async () => {
    const update = { ...usual, monitorMs: 5_000 };
    const { daemon, clock, runner } = await upWith(pool("old", { update }));
    const [operation] = daemon.apply(projectSpec([pool("new", { update, ...restart("always") })])).operations;
    await clock.advance(3_000);
    expect(living({ runner })).toEqual(["1 new", "2 old", "3 old"]);
    runner.last("web").end({ signal: "SIGSEGV" });
    await clock.advance(20_000);
    expect(daemon.operations.get(operation?.id ?? "").error).toContain("it ended with SIGSEGV");
    expect(living({ runner })).toEqual(["1 new", "2 old", "3 old"]);
  });

  test("with continue the others are replaced all the same, and the failure is told", async () => {
    const update = { ...usual, monitorMs: 1_000, onFailure: "continue" } as const;
    const { daemon, clock, runner } = await upWith(pool("old", { update }));
    const [operation] = daemon.apply(projectSpec([pool("new", { update })])).operations;
    await clock.advance(1);
    runner.last("web").end({ code: 1 });
    await clock.advance(10_000);
    expect(living({ runner })).toEqual(["2 new", "3 new"]);
    expect(daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "failed" });
  });

  test("with rollback what was replaced becomes what it was, and the next plan says so", async () => {
    const update = { ...usual, monitorMs: 1_000, onFailure: "rollback" } as const;
    const { daemon, clock, runner } = await upWith(pool("old", { update }));
    const spec = projectSpec([pool("new", { update })]);
    const [operation] = daemon.apply(spec).operations;
    await clock.advance(10_000);
    expect(daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done" });
    // Again, and now the second instance breaks.
    const worse = projectSpec([pool("worse", { update })]);
    const [failing] = daemon.apply(worse).operations;
    await clock.advance(1_500);
    expect(living({ runner })).toEqual(["1 worse", "2 worse", "3 new"]);
    runner.last("web").end({ code: 9 });
    await clock.advance(60_000);
    expect(daemon.operations.get(failing?.id ?? "")).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/^web\.2 did not become ready: .*; it was rolled back$/),
    });
    expect(living({ runner })).toEqual(["1 new", "2 new", "3 new"]);
    expect(daemon.plan({ spec }).hasChanges).toBe(false);
    expect(daemon.plan({ spec: worse }).apps[0]).toMatchObject({ change: "changed", action: "roll" });
  });

  test.each(["pause", "continue", "rollback"] as const)(
    "a stop in the middle has the last word: %s",
    async (onFailure) => {
      const update = { ...usual, onFailure };
      const { daemon, clock, runner, looks } = await upWith(pool("old", { update }));
      looks.set("web", false);
      const [operation] = daemon.apply(projectSpec([pool("new", { update })])).operations;
      await clock.advance(10);
      daemon.stop([web]);
      await clock.advance(60_000);
      expect(living({ runner })).toEqual([]);
      expect(daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "failed" });
      expect(daemon.list().map(({ state }) => state)).toEqual(["stopped", "stopped", "stopped"]);
    },
  );

  test("is asked for by restart too, for an app that says nothing of it: one at a time", async () => {
    const { update: _, ...plain } = pool("old");
    const { daemon, clock, runner, looks } = await upWith(plain);
    looks.set("web", false);
    daemon.restart([web], undefined, {}, true);
    await clock.advance(100);
    expect(runner.runs).toHaveLength(4);
    looks.set("web", true);
    await clock.advance(10_000);
    expect([runner.runs.length, living({ runner }).length]).toEqual([6, 3]);
  });
});

describe("a daemon that is killed in a rolling restart", () => {
  test("has it gone on with by the next one, and no instance is restarted twice", async () => {
    const first = await upWith(pool("old"));
    first.looks.set("web", false);
    const [operation] = first.daemon.apply(projectSpec([pool("new")])).operations;
    await first.clock.advance(50);
    expect(living(first)).toEqual(["1 new", "2 old", "3 old"]);
    const second = fakeDaemon(first.crash());
    second.looks.set("web", false);
    await second.daemon.resume();
    await second.clock.advance(500);
    expect(living(second)).toEqual(["1 new", "2 old", "3 old"]);
    second.looks.set("web", true);
    await second.clock.advance(10_000);
    expect(living(second)).toEqual(["1 new", "2 new", "3 new"]);
    expect(second.runner.runs).toHaveLength(6);
    expect(second.daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done" });
  });

  test("goes on with going back, and ends with what was before", async () => {
    const update = { ...usual, monitorMs: 1_000, onFailure: "rollback" } as const;
    const first = await upWith(pool("old", { update }));
    const [operation] = first.daemon.apply(projectSpec([pool("new", { update })])).operations;
    await first.clock.advance(1_500);
    first.looks.set("web", false);
    first.runner.last("web").end({ code: 9 });
    // It goes back: the first instance is the old one again, and not ready yet.
    await first.clock.advance(60);
    expect(living(first)).toContain("1 old");
    const second = fakeDaemon(first.crash());
    await second.daemon.resume();
    await second.clock.advance(60_000);
    expect(living(second)).toEqual(["1 old", "2 old", "3 old"]);
    // Three at first, two new ones, and each of those two once more as it was.
    expect(second.runner.runs).toHaveLength(7);
    expect(second.daemon.operations.get(operation?.id ?? "")).toMatchObject({
      state: "failed",
      error: expect.stringContaining("it was rolled back"),
    });
    const third = fakeDaemon(second.crash());
    await third.daemon.resume();
    await third.clock.advance(10_000);
    expect(third.daemon.plan({ spec: projectSpec([pool("old", { update })]) }).hasChanges).toBe(false);
  });
});
