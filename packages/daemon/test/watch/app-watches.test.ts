import { expect, test } from "vitest";
import { appSpec, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const watch = [{ path: "/src", include: [], ignore: [], debounceMs: 200 }];
const web = appSpec("web", { watch, workingDir: "/", logFile: "/src/web.log" });

async function up(app = web) {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec([app]));
  await fake.clock.advance(100);
  return fake;
}

function change({ watches }: FakeDaemon, ...paths: readonly string[]): void {
  for (const path of paths) for (const { onChange } of watches) onChange(path);
}

const causes = ({ daemon }: FakeDaemon): readonly string[] =>
  daemon.events
    .read(0)
    .filter(({ type }) => type === "watch")
    .map(({ message }) => message);

test("a changed file restarts the app, once the series of changes is over, and the event says which", async () => {
  const fake = await up();
  change(fake, "/src/app.js");
  await fake.clock.advance(150);
  change(fake, "/src/b.js", "/src/app.js");
  await fake.clock.advance(150);
  expect(fake.runner.runs).toHaveLength(1);
  await fake.clock.advance(100);
  expect(fake.runner.runs).toHaveLength(2);
  expect(causes(fake)).toEqual(["web is restarted: src/app.js and 1 other changed"]);
  await fake.clock.advance(10_000);
  expect(fake.runner.runs).toHaveLength(2);
});

test("changes that never end restart it all the same, once in ten debounce times", async () => {
  const fake = await up();
  for (let step = 0; step < 100; step++) {
    change(fake, "/src/app.js");
    await fake.clock.advance(100);
  }
  expect(fake.runner.runs.length - 1).toBeGreaterThanOrEqual(4);
  expect(fake.runner.runs.length - 1).toBeLessThanOrEqual(5);
});

test("a change during a restart is not lost, and does not disturb it", async () => {
  const fake = await up();
  fake.runner.last("web").obeys = false;
  change(fake, "/src/app.js");
  await fake.clock.advance(1_000);
  change(fake, "/src/b.js");
  await fake.clock.advance(5_000);
  expect(fake.runner.runs).toHaveLength(1);
  await fake.clock.advance(15_000);
  expect(fake.runner.runs).toHaveLength(3);
  expect(causes(fake)).toEqual([
    "web is restarted: src/app.js changed",
    "web is restarted: src/b.js changed",
  ]);
  expect(fake.daemon.operations.list().map(({ state }) => state)).toEqual(["done", "done", "done"]);
});

test("an app that failed is started again, one that was stopped is not", async () => {
  const fake = await up({ ...web, ...restart("never") });
  fake.runner.last("web").end({ code: 1 });
  await fake.clock.advance(10);
  change(fake, "/src/app.js");
  await fake.clock.advance(300);
  expect(fake.states()).toEqual({ web: "running" });
  fake.daemon.stop([{ project: "shop" }]);
  await fake.clock.advance(100);
  change(fake, "/src/app.js");
  await fake.clock.advance(10_000);
  expect(fake.states()).toEqual({ web: "stopped" });
});

test("its own log file is no change", async () => {
  const fake = await up();
  change(fake, "/src/web.log");
  await fake.clock.advance(10_000);
  expect(fake.runner.runs).toHaveLength(1);
});

test("an apply changes what is watched and restarts nothing, and a removed app is watched no more", async () => {
  const fake = await up();
  const other = [{ path: "/lib", include: [], ignore: [], debounceMs: 200 }];
  fake.daemon.apply(projectSpec([{ ...web, watch: other }]));
  expect([...fake.watches].map(({ rule }) => rule.path)).toEqual(["/lib"]);
  expect(fake.runner.runs).toHaveLength(1);
  fake.daemon.apply(projectSpec([appSpec("db")]), undefined, true);
  expect(fake.watches.size).toBe(0);
});

test("the next daemon watches what the last one did, and one that ends watches nothing", async () => {
  const fake = await up();
  const second = fakeDaemon(fake.crash());
  await second.daemon.resume();
  expect(second.watches.size).toBe(1);
  const ended = second.daemon.end(1_000);
  await second.clock.advance(2_000);
  await ended;
  expect(second.watches.size).toBe(0);
});

test("what cannot be watched is told as a warning", async () => {
  const fake = await up();
  for (const { onTrouble } of fake.watches) onTrouble("there are too many");
  expect(fake.daemon.events.read(0).at(-1)).toMatchObject({
    type: "warning",
    name: "web",
    message: "not all of web is watched: there are too many",
  });
});
