import { describe, expect, test } from "vitest";
import { appSpec, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

describe("what is on the disk", () => {
  const kept = ({ database }: ReturnType<typeof fakeDaemon>, name: string) =>
    database.kept.instances.find((record) => record.name === name);

  test("a launch is written down before it happens", async () => {
    const fake = fakeDaemon();
    const known: unknown[] = [];
    fake.runner.onLaunch = (cookie) => known.push(kept(fake, "web")?.cookie === cookie);
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(10);
    expect(known).toEqual([true]);
  });

  test("an operation that is done is on the disk", async () => {
    const fake = fakeDaemon();
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(100);
    const [stop] = fake.daemon.stop([{ project: "shop", name: "web" }]);
    let seen: string | undefined;
    void fake.daemon.operations.wait([stop?.id ?? ""]).then(() => {
      seen = kept(fake, "web")?.state.kind;
    });
    await fake.clock.advance(20);
    expect(seen).toBe("stopped");
  });

  test("the runner forgets a run only when its end is written down", async () => {
    const fake = fakeDaemon();
    const states: unknown[] = [];
    fake.runner.onForget = () => states.push(kept(fake, "job")?.state.kind);
    fake.daemon.apply(projectSpec([appSpec("job")]));
    await fake.clock.advance(100);
    fake.runner.last("job").end();
    await fake.clock.advance(100);
    expect(states).toEqual(["completed"]);
  });
});

describe("after the daemon was killed", () => {
  test("a run that goes on is taken up and not started twice", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(100);
    const run = first.runner.last("web");
    first.runner.left.set(run.request.cookie, { kind: "running", run });

    const second = fakeDaemon(first);
    await second.daemon.resume();
    await second.clock.advance(1);
    expect(second.states()["web"]).toBe("running");
    expect(second.runner.runs).toHaveLength(1);
    run.end({ code: 1 });
    await second.clock.advance(1);
    expect(second.states()["web"]).toBe("failed");
  });

  test("an exit that nobody saw is decided on by the policy", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("worker", restart("on-failure")), appSpec("job")]));
    await first.clock.advance(100);
    for (const run of first.runner.runs) {
      first.runner.left.set(run.request.cookie, { kind: "ended", exit: { code: 1, signal: null } });
    }
    const second = fakeDaemon(first);
    await second.daemon.resume();
    await second.clock.advance(1_000);
    expect(second.states()).toEqual({ worker: "running", job: "failed" });
  });

  test("a launch that never came to be is done again", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(100);
    const second = fakeDaemon({ clock: first.clock, database: first.database });
    await second.daemon.resume();
    await second.clock.advance(1);
    expect(second.states()["web"]).toBe("running");
  });

  test("a stop that was under way is finished", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web")]));
    await first.clock.advance(100);
    const run = first.runner.last("web");
    run.obeys = false;
    first.daemon.stop([{ project: "shop" }]);
    await first.clock.advance(100);
    first.runner.left.set(run.request.cookie, { kind: "running", run });
    const second = fakeDaemon(first);
    void second.daemon.resume();
    await second.clock.advance(60_000);
    expect(second.states()["web"]).toBe("stopped");
  });

  test("what was stopped stays stopped, and what completed is not run again", async () => {
    const first = fakeDaemon();
    first.daemon.apply(projectSpec([appSpec("web"), appSpec("job")]));
    await first.clock.advance(100);
    first.runner.last("job").end();
    first.daemon.stop([{ project: "shop", name: "web" }]);
    await first.clock.advance(100);
    const second = fakeDaemon(first);
    await second.daemon.resume();
    await second.clock.advance(60_000);
    expect(second.states()).toEqual({ web: "stopped", job: "completed" });
    expect(second.runner.runs).toHaveLength(2);
  });
});

test("F9: a clock that was set back by a day while no daemon ran does not keep an app waiting for a day", async () => {
  const first = fakeDaemon();
  const backoff = { initialMs: 5_000, maxMs: 30_000, factor: 2, resetAfterMs: 10_000 };
  first.daemon.apply(projectSpec([appSpec("web", { restart: { when: "always", backoff } })]));
  await first.clock.advance(1_000);
  first.runner.last("web").end({ code: 1 });
  await first.clock.advance(1_000);
  expect(first.states()).toEqual({ web: "backoff" });
  const left = first.crash();
  left.clock.setWall(left.clock.now() - 86_400_000);

  const second = fakeDaemon(left);
  await second.daemon.resume();
  await second.clock.advance(31_000);
  expect(second.states()).toEqual({ web: "running" });
});
