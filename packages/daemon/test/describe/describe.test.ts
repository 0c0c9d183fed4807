import { expect, test } from "vitest";
import type { AppDescription } from "../../src/api/contract.ts";
import { appSpec, needs, probe, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const describeOne = ({ daemon }: FakeDaemon, name: string): AppDescription => {
  const [description] = daemon.views.describe({ project: "shop", name });
  if (description === undefined) throw new Error(`there is no ${name}`);
  return description;
};

test("an app is told as a person would tell it", () => {
  const fake = fakeDaemon();
  fake.daemon.apply(
    projectSpec([
      appSpec("db"),
      appSpec("web", {
        ...needs(["db"], "service_healthy"),
        command: { kind: "exec", argv: ["node", "my server.js"] },
        user: "ann:web",
        restart: { ...restart("on-failure", 10).restart, windowMs: 60_000 },
        replicas: 2,
      }),
      appSpec("nightly", { schedule: { cron: "0 3 * * *", immediate: false } }),
      appSpec("tick", { schedule: { everyMs: 1_500, immediate: false }, ...restart("always") }),
    ]),
  );
  expect(describeOne(fake, "web")).toMatchObject({
    command: "node 'my server.js'",
    workingDirectory: "/",
    user: "ann:web",
    dependsOn: [{ app: "db", condition: "service_healthy" }],
    replicas: 2,
    restart: "on-failure, at most 10 in 60 s",
    stopSignal: "SIGTERM",
    stopGraceMs: 10_000,
    schedule: null,
    probes: [],
    exits: [],
  });
  expect(describeOne(fake, "db")).toMatchObject({ restart: "never", user: null });
  expect([describeOne(fake, "nightly").schedule, describeOne(fake, "tick").schedule]).toEqual([
    "0 3 * * *",
    "every 1.5 s",
  ]);
  expect(() => fake.daemon.views.describe({ project: "shop", name: "weeb" })).toThrow(/no app weeb/);
});

test("the last 20 looks of each probe are told, the newest first, without what is secret in them", async () => {
  const fake = fakeDaemon();
  const action = {
    kind: "http",
    url: "http://me:s3cret@127.0.0.1:80/healthz",
    method: "HEAD",
    headers: { Authorization: "Bearer x" },
  } as const;
  fake.daemon.apply(projectSpec([appSpec("web", { healthcheck: { ...probe, action }, readiness: probe })]));
  await fake.clock.advance(60_000);
  fake.looks.set("web", false);
  await fake.clock.advance(1_000);
  const [health, readiness] = describeOne(fake, "web").probes;
  expect(health).toMatchObject({
    instance: 1,
    probe: "health",
    what: "HEAD http://127.0.0.1:80/healthz",
    intervalMs: 1_000,
  });
  expect(readiness).toMatchObject({ probe: "readiness", what: "127.0.0.1:1" });
  const looks = health?.results ?? [];
  expect(looks).toHaveLength(20);
  expect(looks.slice(0, 2).map(({ ok, text, tookMs }) => [ok, text, tookMs])).toEqual([
    [false, "looked", 0],
    [true, "looked", 0],
  ]);
  expect(JSON.stringify(describeOne(fake, "web"))).not.toContain("s3cret");
});

test("the last 50 ends of runs are told, also of those under an earlier daemon, with how long each ran", async () => {
  const first = fakeDaemon();
  const backoff = { initialMs: 10, maxMs: 10, factor: 1 };
  first.daemon.apply(projectSpec([appSpec("web", { restart: { when: "always", backoff } })]));
  await first.clock.advance(1);
  for (let exits = 0; exits < 60; exits++) {
    await first.clock.advance(500);
    first.runner.last("web").end({ code: exits });
    await first.clock.advance(10);
  }
  await first.clock.advance(1_000);
  const second = fakeDaemon(first.crash());
  await second.daemon.resume();
  const { exits } = describeOne(second, "web");
  expect(exits).toHaveLength(50);
  expect(exits[0]).toMatchObject({ instance: 1, exit: { code: 59, signal: null } });
  expect(exits[0]?.ranMs).toBeGreaterThanOrEqual(490);
  expect(exits[49]).toMatchObject({ exit: { code: 10 } });
  const stop = second.daemon.stop([{ project: "shop" }]);
  await second.clock.advance(10);
  await second.daemon.operations.wait(stop.map(({ id }) => id));
  const [last] = describeOne(second, "web").exits;
  expect(last).toMatchObject({ exit: { code: null, signal: "SIGTERM" } });
  expect(last?.ranMs).toBe(1_000);
});
