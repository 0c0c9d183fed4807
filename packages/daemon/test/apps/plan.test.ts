import { describe, expect, test } from "vitest";
import type { Plan } from "../../src/api/contract.ts";
import { stopBudget } from "../../src/apps/stop-budget.ts";
import type { AppSpec, ProjectSpec } from "../../src/spec/app-spec.ts";
import { appSpec, needs, probe, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

/** Each app's name with what becomes of it. */
function told({ apps }: Plan): Readonly<Record<string, string>> {
  return Object.fromEntries(apps.map(({ name, change, action }) => [name, `${change}, ${action}`]));
}

async function upWith(...apps: readonly AppSpec[]) {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec(apps));
  await fake.clock.advance(100);
  return fake;
}

const grace = (graceMs: number): Pick<AppSpec, "stop"> => ({
  stop: { signal: "SIGTERM", graceMs, leaderOnly: false },
});
const command = (...argv: [string, ...string[]]): Pick<AppSpec, "command"> => ({
  command: { kind: "exec", argv },
});

describe("a plan", () => {
  test("of an unknown project starts all but what is disabled", () => {
    const { daemon } = fakeDaemon();
    const plan = daemon.plan({ spec: projectSpec([appSpec("db"), appSpec("tool", { disabled: true })]) });
    expect(told(plan)).toEqual({ db: "added, start", tool: "added, none" });
    expect([plan.hasChanges, daemon.list()]).toEqual([true, []]);
  });

  test("of what is there already is nothing, and says how long a down can take", async () => {
    const apps = [
      appSpec("db", grace(20_000)),
      appSpec("web", { ...needs(["db"]), ...grace(5_000) }),
      appSpec("mail", grace(22_000)),
    ];
    const { daemon } = await upWith(...apps);
    const plan = daemon.plan({ spec: projectSpec(apps) });
    expect(told(plan)).toEqual({ db: "unchanged, none", web: "unchanged, none", mail: "unchanged, none" });
    expect(plan).toMatchObject({ hasChanges: false, stopMs: 0, downMs: 25_000, downPath: ["web", "db"] });
  });

  test("is refused when an app that stays from an earlier spec and a new one would wait for each other", async () => {
    const { daemon } = await upWith(appSpec("db"), appSpec("web", needs(["db"])));
    const spec = projectSpec([appSpec("db", needs(["web"]))]);
    for (const ask of [() => daemon.plan({ spec }), () => daemon.apply(spec)]) {
      expect(ask).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining("web stayed from") }),
      );
    }
    expect(daemon.list().map(({ name, state }) => `${name} ${state}`)).toEqual(["db running", "web running"]);
    expect(told(daemon.plan({ spec, removeOrphans: true }))).toEqual({
      db: "changed, none",
      web: "removed, stop",
    });
  });

  test("names each member that differs, and hides values of variables and headers", async () => {
    const http = (token: string) => ({
      ...probe,
      action: { kind: "http", url: "http://127.0.0.1:1/", method: "GET", headers: { Auth: token } } as const,
    });
    const { daemon } = await upWith(
      appSpec("web", {
        ...command("node", "a.js"),
        environment: { KEY: "s3cret", OLD: "s3cret" },
        liveness: http("s3cret"),
      }),
    );
    const now = appSpec("web", {
      ...command("node", "b.js"),
      environment: { KEY: "n3wer", NEW: "n3wer" },
      liveness: http("n3wer"),
      readiness: http("n3wer"),
    });
    const plan = daemon.plan({ spec: projectSpec([now]) });
    expect(plan.apps[0]).toMatchObject({ change: "changed", action: "restart", stopMs: 10_000 });
    expect(plan.apps[0]?.fields).toEqual([
      { field: "command.argv", from: '["node","a.js"]', to: '["node","b.js"]' },
      { field: "liveness.action.headers.Auth", from: "(hidden)", to: "(hidden)" },
      { field: "readiness", from: null, to: expect.stringContaining('"headers":"(hidden)"') },
      { field: "environment.KEY", from: "(hidden)", to: "(hidden)" },
      { field: "environment.NEW", from: null, to: "(hidden)" },
      { field: "environment.OLD", from: "(hidden)", to: null },
    ]);
    expect(JSON.stringify(plan)).not.toMatch(/s3cret|n3wer/);
  });

  test("is what apply does: the operations it begins are those that the plan says", async () => {
    const follows = {
      dependsOn: { db: { condition: "service_started", required: true, restart: true } },
    } as const;
    const { daemon, clock, runner } = await upWith(
      appSpec("db"),
      appSpec("web", follows),
      appSpec("old"),
      appSpec("same"),
      appSpec("pool", { replicas: 2 }),
    );
    const spec: ProjectSpec = projectSpec([
      appSpec("db", command("/bin/false")),
      appSpec("web", follows),
      appSpec("same", { labels: { a: "b" } }),
      appSpec("pool", { replicas: 3 }),
      appSpec("new"),
    ]);
    const request = { spec, removeOrphans: true };
    const plan = daemon.plan(request);
    expect(told(plan)).toEqual({
      db: "changed, restart",
      web: "unchanged, restart",
      same: "changed, none",
      pool: "changed, scale",
      new: "added, start",
      old: "removed, stop",
    });
    expect(plan.apps.find(({ name }) => name === "web")?.because).toBe("db is restarted");
    const launched = runner.runs.length;
    const { operations, ...applied } = daemon.apply(spec, undefined, true);
    expect(applied.plan).toEqual(plan);
    await clock.advance(100);
    expect(
      operations.map(({ kind, name, instance }) => `${kind} ${name} ${instance ?? ""}`.trim()).sort(),
    ).toEqual(["restart db", "restart web", "start new", "start pool 3", "stop old"]);
    const fresh = runner.runs
      .slice(launched)
      .map(({ request: { environment } }) => environment["HOLDFAST_APP"]);
    expect(fresh.sort()).toEqual(["db", "new", "pool", "web"]);
    expect(daemon.plan(request).hasChanges).toBe(false);
  });

  test("a change that no run sees counts at once, with nothing restarted", async () => {
    const { daemon, clock, runner } = await upWith(appSpec("web"));
    daemon.apply(projectSpec([appSpec("web", { ...grace(3_000), labels: { tier: "1" } })]));
    await clock.advance(100);
    expect(runner.runs).toHaveLength(1);
    expect(daemon.list()[0]?.labels).toEqual({ tier: "1" });
    daemon.stop([{ project: "shop" }]);
    await clock.advance(100);
    expect(runner.last("web").stops).toMatchObject([{ graceMs: 3_000 }]);
  });

  test("fewer replicas stop the surplus alone", async () => {
    const { daemon, clock, runner } = await upWith(appSpec("pool", { replicas: 3, ...grace(4_000) }));
    const spec = projectSpec([appSpec("pool", { replicas: 1, ...grace(4_000) })]);
    expect(daemon.plan({ spec })).toMatchObject({ stopMs: 4_000, downMs: 4_000 });
    daemon.apply(spec);
    await clock.advance(100);
    expect([runner.living, runner.runs.length]).toEqual([["pool"], 3]);
  });

  test("an orphan is named and left as it is, unless orphans are to be removed", async () => {
    const { daemon } = await upWith(appSpec("web"), appSpec("old"));
    const spec = projectSpec([appSpec("web")]);
    expect(told(daemon.plan({ spec }))).toEqual({ web: "unchanged, none", old: "orphaned, none" });
    expect(daemon.plan({ spec }).hasChanges).toBe(false);
    expect(daemon.plan({ spec, removeOrphans: true })).toMatchObject({ hasChanges: true, stopMs: 10_000 });
    expect(() => daemon.plan({ spec, names: ["old"], removeOrphans: true })).toThrow("shop has no app old");
  });

  test("an app that has ended is started again, and an unknown name is refused", async () => {
    const { daemon, clock, runner } = await upWith(appSpec("web"));
    runner.last("web").end({ code: 1 });
    await clock.advance(10);
    const spec = projectSpec([appSpec("web")]);
    expect(told(daemon.plan({ spec }))).toEqual({ web: "unchanged, start" });
    expect(() => daemon.plan({ spec, names: ["wep"] })).toThrow("shop has no app wep; did you mean web?");
    const container = projectSpec([appSpec("db", { runner: { kind: "container" } })]);
    expect(() => daemon.plan({ spec: container })).toThrow("db is a container");
  });

  test("a change during a restart is not lost to the instance that was launched before it", async () => {
    const { daemon, clock, runner } = await upWith(appSpec("web", { replicas: 2 }));
    runner.of("web").forEach((run, index) => {
      run.obeys = index === 0;
    });
    daemon.restart([{ project: "shop", name: "web" }]);
    await clock.advance(100);
    daemon.apply(projectSpec([appSpec("web", { replicas: 2, ...command("/bin/new") })]));
    await clock.advance(20_000);
    const fresh = command("/bin/new").command;
    const living = runner.of("web").filter((run) => !run.hasExited);
    expect(living.map(({ request }) => request.command)).toEqual([fresh, fresh]);
  });
});

test("without an order of stops the longest grace counts, not the sum", () => {
  const apps = [appSpec("db", grace(1_000)), appSpec("web", { ...needs(["db"]), ...grace(2_000) })];
  expect(stopBudget(apps, true)).toEqual({ ms: 3_000, apps: ["web", "db"] });
  expect(stopBudget(apps, false)).toEqual({ ms: 2_000, apps: ["web"] });
  expect(stopBudget([], true)).toEqual({ ms: 0, apps: [] });
});
