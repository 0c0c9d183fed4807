import { HoldfastError } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { methodTable } from "../../src/api/methods.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, needs, probe, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

function shortage(error: string): HoldfastError {
  return new HoldfastError("SPAWN_FAILED", `fork failed (${error})`, {
    details: { phase: "fork", errno: 11, error },
  });
}

const me = { principal: "uid 0" };

function up(fake: FakeDaemon, apps: readonly AppSpec[]): Promise<unknown> {
  return call(fake, "apps.apply", { spec: projectSpec(apps) });
}

async function call(fake: FakeDaemon, method: "apps.apply" | "apps.stop" | "apps.restart", params: unknown) {
  const table = methodTable(fake.daemon, () => {
    throw new Error("no door");
  });
  const done = table[method].call(params as never, me as never);
  await fake.clock.advance(1);
  return await done;
}

/** The text and its chain, as `holdfast why` tells it on one line. */
async function why({ daemon, clock }: FakeDaemon, name: string, instance = 1): Promise<string> {
  const asked = daemon.views.why({ project: "shop", name, instance }, 0);
  await clock.advance(0);
  const [{ text, chain } = { text: "", chain: [] }] = await asked;
  return [text, ...chain.map((link) => link.text)].join(" ← ");
}

test("an app in backoff tells of its last exit, how often that was so, and who asked for it", async () => {
  const fake = fakeDaemon();
  await up(fake, [appSpec("web", { ...restart("on-failure", 10), stop: appSpec("x").stop })]);
  for (let exits = 0; exits < 4; exits++) {
    await fake.clock.advance(800);
    fake.runner.last("web").end({ code: 1 });
    await fake.clock.advance(exits === 3 ? 1 : 5_000);
  }
  expect(await why(fake, "web")).toMatch(
    /^web is in backoff for \d\.\d s more \(attempt 4 of 10\) ← exited with code 1 after 5\.\d s ← started after backoff ← … 3 more restarts like this ← started ← up by uid 0$/,
  );
});

test("ends of different kinds are told one by one", async () => {
  const fake = fakeDaemon();
  await up(fake, [appSpec("web", restart("always"))]);
  fake.runner.last("web").end({ signal: "SIGSEGV" });
  await fake.clock.advance(1_000);
  fake.runner.last("web").end({ code: 3 });
  await fake.clock.advance(1);
  expect(await why(fake, "web")).toMatch(
    /← exited with code 3 after [\d.]+ s ← started after backoff ← was killed by SIGSEGV after 0\.0 s ← started ← up by uid 0$/,
  );
});

test("an app that waits tells why the one it waits for is as it is", async () => {
  const fake = fakeDaemon();
  fake.looks.set("db", false);
  const health = { ...probe, startPeriodMs: 60_000 };
  await up(fake, [appSpec("db", { healthcheck: health }), appSpec("web", needs(["db"], "service_healthy"))]);
  await fake.clock.advance(500);
  expect(await why(fake, "web")).toMatch(
    /^web is starting: it waits for db to be healthy ← db is running, not healthy yet, for 0\.5 s ← db started ← up by uid 0$/,
  );
});

test("an app that waited was started by what it waited for", async () => {
  const fake = fakeDaemon();
  fake.looks.set("db", false);
  await up(fake, [appSpec("db", { healthcheck: probe }), appSpec("web", needs(["db"], "service_healthy"))]);
  await fake.clock.advance(500);
  fake.looks.set("db", true);
  await fake.clock.advance(2_000);
  expect(await why(fake, "web")).toMatch(
    /^web is running, for .* ← started once db was healthy ← db became healthy ← db started ← up by uid 0$/,
  );
});

test("an app that could not start for a dependency names it", async () => {
  const fake = fakeDaemon();
  fake.runner.failures.set("db", "there is no such program");
  await up(fake, [appSpec("db"), appSpec("web", needs(["db"], "service_healthy"))]);
  expect(await why(fake, "web")).toBe(
    "web has failed: it needs db, which failed: there is no such program ← needs db, which failed: there is no such program ← db could not start: there is no such program ← up by uid 0",
  );
});

test("an unhealthy app tells what its probe saw, and a liveness probe's kill is told as that", async () => {
  const fake = fakeDaemon();
  await up(fake, [
    appSpec("db", { healthcheck: probe }),
    appSpec("api", { liveness: probe, ...restart("always") }),
  ]);
  await fake.clock.advance(1_000);
  fake.looks.set("db", false).set("api", false);
  await fake.clock.advance(3_500);
  expect(await why(fake, "db")).toMatch(
    /^db is unhealthy: looked \(3 times\), for [\d.]+ s ← became unhealthy: looked \(3 times\) ← became healthy ← started ← up by uid 0$/,
  );
  expect(await why(fake, "api")).toMatch(
    /its liveness probe failed: looked \(3 times\) ← became unhealthy: looked \(3 times\) ← became healthy ← started ← up by uid 0$/,
  );
});

test("a stopping app tells how long that can take, with those that are stopped before it", async () => {
  const fake = fakeDaemon();
  await up(fake, [appSpec("db"), appSpec("web", needs(["db"]))]);
  fake.runner.last("web").obeys = false;
  await call(fake, "apps.stop", { targets: [{ project: "shop" }] });
  await fake.clock.advance(4_000);
  expect(await why(fake, "db")).toBe("db is stopping, for 4.0 s (20 s at most) ← stop by uid 0");
  expect(fake.daemon.list().map(({ name, budgetMs }) => [name, budgetMs])).toEqual([
    ["db", 20_000],
    ["web", 10_000],
  ]);
  await fake.clock.advance(20_000);
  expect(await why(fake, "db")).toBe("db is stopped ← stopped: it was killed by SIGTERM ← stop by uid 0");
  expect(fake.daemon.list().map(({ budgetMs }) => budgetMs)).toEqual([null, null]);
});

test("a schedule, a changed file and a machine without room are told as what they are", async () => {
  const fake = fakeDaemon();
  const watch = [{ path: "/src", include: [], ignore: [], debounceMs: 100 }];
  await up(fake, [
    appSpec("tick", { schedule: { everyMs: 1_000, immediate: false } }),
    appSpec("web", { watch }),
    appSpec("big", restart("always")),
  ]);
  await fake.clock.advance(1_000);
  expect(await why(fake, "tick")).toMatch(/^tick is running.* ← started by its schedule ← .*up by uid 0$/);
  for (const { onChange } of fake.watches) onChange("/src/a.js");
  await fake.clock.advance(200);
  expect(await why(fake, "web")).toMatch(/^web is running.* ← started again ← restart ← .*a\.js/);
});

test("what an earlier daemon saw is told by the next one, and that a run went on", async () => {
  const first = fakeDaemon();
  await up(first, [appSpec("web", restart("always")), appSpec("job", restart("always"))]);
  first.runner.last("web").end({ code: 1 });
  await first.clock.advance(500);
  const second = fakeDaemon(first.crash());
  first.runner.last("job").end({ code: 7 });
  await second.daemon.resume();
  await second.clock.advance(1);
  expect(await why(second, "web")).toMatch(
    /^web is running, for [\d.]+ s ← started after backoff ← exited with code 1 after 0\.0 s ← started ← up by uid 0$/,
  );
  expect(await why(second, "job")).toMatch(/ ← exited with code 7 ← started ← up by uid 0$/);
});

test("a start that the machine has no room for is told with what it lacked, and folded too", async () => {
  const fake = fakeDaemon();
  fake.runner.shortage = shortage("EAGAIN");
  await up(fake, [appSpec("web", restart("always"))]);
  await fake.clock.advance(2_000);
  expect(await why(fake, "web")).toMatch(
    /^web is in backoff .* ← could not start: .*EAGAIN\) ← tried again after backoff ← … \d more restarts like this ← .*up by uid 0$/,
  );
});

test("a chain of a thousand restarts is short, and begins with the request all the same", async () => {
  const fake = fakeDaemon();
  await up(fake, [
    appSpec("web", { restart: { when: "always", backoff: { initialMs: 10, maxMs: 10, factor: 1 } } }),
  ]);
  for (let exits = 0; exits < 1_000; exits++) {
    fake.runner.last("web").end({ code: exits % 2 });
    await fake.clock.advance(10);
  }
  const text = await why(fake, "web");
  expect(text.split(" ← ").length).toBeLessThan(50);
  expect(text).toMatch(/ ← … \d+ restarts before that ← up by uid 0$/);
});
