import { HoldfastError } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { methodTable } from "../../src/api/methods.ts";
import { appSpec, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

function shortage(error: string): HoldfastError {
  return new HoldfastError("SPAWN_FAILED", `fork failed (${error})`, {
    details: { phase: "fork", errno: 11, error },
  });
}

test("F7: a program that the machine has no room for is tried again, as its policy says", async () => {
  const { daemon, clock, runner, states } = fakeDaemon();
  runner.shortage = shortage("EAGAIN");
  const { operations } = daemon.apply(projectSpec([appSpec("web", restart("always"))]));
  await clock.advance(10);
  expect(states()).toEqual({ web: "backoff" });
  expect(daemon.operations.get(operations[0]?.id ?? "")).toMatchObject({
    state: "failed",
    error: expect.stringContaining("fork failed (EAGAIN); it is tried again"),
  });
  await clock.advance(60_000);
  expect(daemon.list()[0]?.restarts).toBeGreaterThan(5);
  expect(daemon.list()[0]?.lastError).toContain("EAGAIN");

  runner.shortage = undefined;
  await clock.advance(60_000);
  expect(states()).toEqual({ web: "running" });
});

test("F7: a shortage uses up restarts as a crash does", async () => {
  const { daemon, clock, runner, states } = fakeDaemon();
  runner.shortage = shortage("ENOMEM");
  daemon.apply(projectSpec([appSpec("web", restart("on-failure", 3))]));
  await clock.advance(60_000);
  expect(states()).toEqual({ web: "failed" });
  expect(daemon.list()[0]?.lastError).toContain("3 restarts used up");
});

test("F7: what is never restarted fails at the first shortage", async () => {
  const { daemon, clock, runner, states } = fakeDaemon();
  runner.shortage = shortage("EMFILE");
  daemon.apply(projectSpec([appSpec("web")]));
  await clock.advance(10);
  expect(states()).toEqual({ web: "failed" });
});

test("F7: a stop ends the tries", async () => {
  const { daemon, clock, runner, states } = fakeDaemon();
  runner.shortage = shortage("EAGAIN");
  daemon.apply(projectSpec([appSpec("web", restart("always"))]));
  await clock.advance(1_000);
  daemon.stop([{ project: "shop", name: "web" }]);
  runner.shortage = undefined;
  await clock.advance(60_000);
  expect(states()).toEqual({ web: "stopped" });
  expect(runner.runs).toEqual([]);
});

test("F5: on a full disk nothing is begun, nothing is changed, and an app that crashes is tried until there is room", async () => {
  const { daemon, clock, runner, database, states } = fakeDaemon();
  daemon.apply(projectSpec([appSpec("web", restart("always"))]));
  await clock.advance(1_000);
  const before = database.kept;
  database.failure = new HoldfastError("E_NO_SPACE", "the disk is full");
  runner.last("web").end({ code: 1 });
  await clock.advance(10_000);
  expect(states()).toEqual({ web: "backoff" });
  expect(database.kept).toBe(before);
  await expect(Promise.all([daemon.saved(), clock.advance(10)])).rejects.toMatchObject({
    code: "E_NO_SPACE",
  });

  database.failure = undefined;
  await clock.advance(30_000);
  expect(states()).toEqual({ web: "running" });
  expect(runner.living).toEqual(["web"]);
});

test("F5: what could not be written is written once there is room, although nothing else happens", async () => {
  const { daemon, clock, database } = fakeDaemon();
  database.failure = new HoldfastError("E_NO_SPACE", "the disk is full");
  daemon.apply(projectSpec([appSpec("web")]));
  await clock.advance(10_000);
  expect(database.kept.projects).toEqual([]);
  database.failure = undefined;
  await clock.advance(2_000);
  expect(database.kept.projects.map(({ name }) => name)).toEqual(["shop"]);
});

test("F4: what was refused because it could not be written is done when it is asked for again, by the same key", async () => {
  const { daemon, clock, database, states } = fakeDaemon();
  daemon.apply(projectSpec([appSpec("web")]));
  await clock.advance(1_000);
  const call = methodTable(daemon, () => {
    throw new HoldfastError("NO_HTTP", "none");
  });
  const params = { targets: [{ project: "shop", name: "web" }], key: "one" };
  const asks = async (): Promise<unknown> => {
    const answer = Promise.resolve(call["apps.restart"].call(params, { principal: "uid 0" } as never));
    const code = answer.then(
      () => "done",
      (error: HoldfastError) => error.code,
    );
    await clock.advance(1_000);
    return await code;
  };
  database.failure = new HoldfastError("STATE_UNWRITABLE", "state.db could not be written");
  expect(await asks()).toBe("STATE_UNWRITABLE");
  expect(states()).toEqual({ web: "failed" });
  database.failure = undefined;
  await clock.advance(2_000);
  expect(await asks()).toBe("done");
  expect(states()).toEqual({ web: "running" });
  const ended = daemon.operations.list({ name: "web" }).map(({ state }) => state);
  expect(ended).toEqual(["done", "failed", "done"]);
});
