import { expect, test } from "vitest";
import type { RestartPolicy } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const backoff = { initialMs: 100, maxMs: 100, factor: 1, resetAfterMs: 10_000 };
const policy = (over: Partial<RestartPolicy>) => ({ restart: { when: "always", backoff, ...over } }) as const;

/** Daemons that are killed and followed by the next, with one app. */
async function begun(over: Partial<RestartPolicy>): Promise<FakeDaemon> {
  const first = fakeDaemon();
  first.daemon.apply(projectSpec([appSpec("web", policy(over))]));
  await first.clock.advance(100);
  return first;
}

async function next(before: FakeDaemon): Promise<FakeDaemon> {
  const run = before.runner.last("web");
  if (!before.runner.left.has(run.request.cookie))
    before.runner.left.set(run.request.cookie, { kind: "running", run });
  // It decides on nothing any more.
  await before.daemon.end(0);
  const daemon = fakeDaemon(before);
  await daemon.daemon.resume();
  await daemon.clock.advance(10);
  return daemon;
}

async function crash(fake: FakeDaemon): Promise<string | undefined> {
  fake.runner.last("web").end({ code: 1 });
  await fake.clock.advance(200);
  return fake.states()["web"];
}

test("I5: a daemon that is killed after each restart does not make an app restart for ever", async () => {
  let daemon = await begun({ maxRestarts: 3 });
  for (let restarts = 1; restarts <= 3; restarts++) {
    expect(await crash(daemon)).toBe("running");
    daemon = await next(daemon);
  }
  expect(await crash(daemon)).toBe("failed");
  expect(daemon.runner.runs).toHaveLength(4);
});

test("I5: an exit that nobody saw, of a launch that nobody heard of, is counted too", async () => {
  let daemon = await begun({ maxRestarts: 2 });
  for (let restarts = 1; restarts <= 2; restarts++) {
    const run = daemon.runner.last("web");
    daemon.runner.left.set(run.request.cookie, { kind: "ended", exit: { code: 1, signal: null } });
    const [record] = daemon.database.kept.instances;
    if (record !== undefined) {
      daemon.database.write([
        { kind: "put-instance", record: { ...record, state: { kind: "starting", waitingFor: [] } } },
      ]);
    }
    daemon = await next(daemon);
    await daemon.clock.advance(200);
    expect(daemon.states()["web"]).toBe("running");
  }
  expect(await crash(daemon)).toBe("failed");
});

test("restarts count within their window, whichever daemon decided on them, and not after it", async () => {
  let daemon = await begun({ maxRestarts: 1, windowMs: 60_000 });
  expect(await crash(daemon)).toBe("running");
  daemon = await next(daemon);
  await daemon.clock.advance(61_000);
  daemon = await next(daemon);
  expect(await crash(daemon)).toBe("running");
  daemon = await next(daemon);
  await daemon.clock.advance(30_000);
  expect(await crash(daemon)).toBe("failed");
});

test("a run that lived long enough makes restarts forgotten, also under two daemons", async () => {
  let daemon = await begun({ maxRestarts: 1 });
  expect(await crash(daemon)).toBe("running");
  await daemon.clock.advance(6_000);
  daemon = await next(daemon);
  await daemon.clock.advance(6_000);
  expect(await crash(daemon)).toBe("running");
});

test("a reboot after such a run does not bring its restarts back", async () => {
  let daemon = await begun({ maxRestarts: 1 });
  expect(await crash(daemon)).toBe("running");
  await daemon.clock.advance(11_000);
  await daemon.daemon.end(0);
  daemon = fakeDaemon({ clock: daemon.clock, database: daemon.database });
  await daemon.daemon.resume();
  await daemon.clock.advance(10);
  expect(await crash(daemon)).toBe("running");
});

test("a start that is asked for counts anew", async () => {
  let daemon = await begun({ maxRestarts: 1 });
  expect(await crash(daemon)).toBe("running");
  daemon.daemon.restart([{ project: "shop", name: "web" }]);
  await daemon.clock.advance(100);
  daemon = await next(daemon);
  expect(await crash(daemon)).toBe("running");
  expect(await crash(daemon)).toBe("failed");
});
