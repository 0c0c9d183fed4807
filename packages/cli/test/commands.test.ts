import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { appRow, start } from "./app-row.ts";
import { FakeCli, type FakeCliOptions } from "./fake-cli.ts";
import { FakeDaemon, type FakeDaemonOptions } from "./fake-daemon.ts";

async function setUp(
  daemonOptions: FakeDaemonOptions = {},
  cliOptions: FakeCliOptions = {},
): Promise<{ daemon: FakeDaemon; cli: FakeCli }> {
  const daemon = await FakeDaemon.listen(daemonOptions);
  onTestFinished(async () => await daemon[Symbol.asyncDispose]());
  return { daemon, cli: new FakeCli({ home: daemon.home, ...cliOptions }) };
}

function directoryWith(name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-cwd-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, name), text);
  return directory;
}

const shop = [appRow({ name: "db" }), appRow({ name: "web" }), appRow({ name: "web", project: "blog" })];

describe("without a daemon", () => {
  test.each([["ps"], ["start", "web"], ["stop", "web"], ["logs"], ["events"], ["down", "-p", "shop"]])(
    "%s %s exits with 69 and says how to start one",
    async (...argv) => {
      const cli = new FakeCli();
      expect(await cli.run(...argv.filter((word) => word !== undefined))).toBe(69);
      expect(cli.stderr.text).toMatch(
        /^holdfast: no daemon is running for \/nonexistent\/holdfast\n {2}start one: /,
      );
    },
  );

  test("daemon status says so, in JSON too, and daemon stop has nothing to do", async () => {
    const cli = new FakeCli();
    expect(await cli.run("daemon", "status", "--json")).toBe(69);
    expect(JSON.parse(cli.stdout.text)).toMatchObject({ running: false, home: "/nonexistent/holdfast" });
    expect(await cli.run("daemon", "stop")).toBe(0);
  });
});

describe("ps", () => {
  test("prints a table, and the rows as they are with --json", async () => {
    const { cli } = await setUp({ apps: shop });
    expect(await cli.run("ps")).toBe(0);
    expect(cli.stdout.text.split("\n")[1]).toMatch(/^shop +db +running/);
    cli.stdout.text = "";
    expect(await cli.run("ps", "--json")).toBe(0);
    expect(JSON.parse(cli.stdout.text)).toEqual(shop);
    expect(cli.stderr.text).toBe("");
  });

  test("in a manifest's directory means that project, with --all every one", async () => {
    const directory = directoryWith("holdfast.yaml", 'name: "blog" # mine\nservices: {}\n');
    const { cli } = await setUp({ apps: shop }, { directory });
    await cli.run("ps", "--json");
    expect(JSON.parse(cli.stdout.text)).toEqual([shop[2]]);
    cli.stdout.text = "";
    await cli.run("ps", "--json", "--all");
    expect(JSON.parse(cli.stdout.text)).toHaveLength(3);
  });

  test("with names, only those", async () => {
    const { cli } = await setUp({ apps: shop });
    await cli.run("ps", "--json", "blog/web", "db");
    expect(JSON.parse(cli.stdout.text)).toEqual([shop[0], shop[2]]);
  });

  test("of nothing says so on stderr", async () => {
    const { cli } = await setUp();
    expect(await cli.run("ps")).toBe(0);
    expect([cli.stdout.text, cli.stderr.text]).toEqual([
      "",
      expect.stringContaining("The daemon knows no app."),
    ]);
  });

  test("of a project that the daemon does not know is empty", async () => {
    const { cli } = await setUp({ apps: shop });
    expect(await cli.run("ps", "-p", "other", "--json")).toBe(0);
    expect(cli.stdout.text).toBe("[]\n");
  });

  test("--watch prints each change until it is interrupted, and leaves no listener", async () => {
    const { cli, daemon } = await setUp({ apps: [appRow({ name: "web" })] });
    const ended = cli.run("ps", "--watch", "--json");
    await cli.stdout.shows("running");
    daemon.change("web", "stopping");
    await cli.stdout.shows("stopping");
    cli.interrupt();
    expect([await ended, cli.listeners]).toEqual([0, 0]);
    expect(cli.stdout.text.trim().split("\n")).toHaveLength(2);
  });

  test("--watch ends with 69 when the daemon goes away", async () => {
    const { cli, daemon } = await setUp({ apps: shop });
    const ended = cli.run("ps", "--watch");
    await cli.stdout.shows("running");
    await daemon.crash();
    expect(await ended).toBe(69);
  });
});

describe("start, stop, restart", () => {
  test("wait until it is done, and say so", async () => {
    const { cli, daemon } = await setUp({ apps: shop });
    expect(await cli.run("stop", "db", "shop/web", "--timeout", "2.5")).toBe(0);
    expect(daemon.called("apps.stop")).toEqual([
      {
        targets: [
          { project: "shop", name: "db" },
          { project: "shop", name: "web" },
        ],
        timeoutMs: 2_500,
      },
    ]);
    expect(cli.stderr.text).toBe("db stopped\nweb stopped\n");
  });

  test("with --no-wait they return at once", async () => {
    const { cli, daemon } = await setUp({ apps: shop, outcome: () => "hang" });
    expect(await cli.run("restart", "db", "--no-wait", "--json")).toBe(0);
    expect(daemon.called("operations.wait")).toEqual([]);
    expect(JSON.parse(cli.stdout.text)).toMatchObject([{ kind: "restart", name: "db", state: "running" }]);
    expect(cli.stderr.text).toBe("db is restarting\n");
  });

  test("a failed operation exits with 1 and names the app and why", async () => {
    const { cli } = await setUp({ apps: shop, outcome: () => new Error("db did not stop in 10 s") });
    expect(await cli.run("stop", "db")).toBe(1);
    expect(cli.stderr.text).toBe("holdfast: db did not stop in 10 s\n");
  });

  test("start gives up waiting after its --timeout", async () => {
    const { cli } = await setUp({ apps: shop, outcome: () => "hang" });
    expect(await cli.run("start", "db", "--timeout", "0.05")).toBe(1);
    expect(cli.stderr.text).toContain("db did not start within 0.05 s and goes on starting");
  });

  test("--all is the whole project", async () => {
    const { cli, daemon } = await setUp({ apps: shop });
    await cli.run("restart", "--all", "-p", "shop");
    expect(daemon.called("apps.restart")).toEqual([{ targets: [{ project: "shop" }] }]);
    expect(await cli.run("restart", "--all")).toBe(2);
  });

  test.each([
    [["stop", "bd"], "no app is named bd", "did you mean db?"],
    [["stop", "web"], "several projects have an app named web", "shop/web, blog/web"],
    [["stop", "db", "-p", "blog"], "no app is named db in project blog", "did you mean shop/db?"],
    [["stop", "blog/db"], "no app is named db in project blog", "did you mean shop/db?"],
    [["stop", "nothing"], "no app is named nothing", "holdfast ps --all"],
  ])("%j exits with 1: %s", async (argv, message, remedy) => {
    const { cli, daemon } = await setUp({ apps: shop });
    expect(await cli.run(...argv)).toBe(1);
    expect(cli.stderr.text).toContain(message);
    expect(cli.stderr.text).toContain(remedy);
    expect(daemon.called("apps.stop")).toEqual([]);
  });

  test("APP.2 is an instance, unless an app is called that", async () => {
    const apps = [appRow({ name: "web" }), appRow({ name: "web", instance: 2 }), appRow({ name: "a.1" })];
    const { cli, daemon } = await setUp({ apps });
    await cli.run("stop", "web.2", "a.1");
    expect(daemon.called("apps.stop")).toEqual([
      {
        targets: [
          { project: "shop", name: "web", instance: 2 },
          { project: "shop", name: "a.1" },
        ],
      },
    ]);
  });
});

describe("logs", () => {
  const line = (name: string, text: string) => ({
    project: "shop",
    name,
    instance: 1,
    time: start,
    text,
    offset: 0,
  });
  const written = [line("db", "ready"), line("web", "\u001b]0;evil\u0007hello")];

  test("prints what there is, names before it, the project's apps only", async () => {
    const { cli, daemon } = await setUp({ apps: shop, logs: written });
    expect(await cli.run("logs", "-p", "shop", "-n", "5", "--since", "2030-01-31T12:00:00Z")).toBe(0);
    expect(cli.stdout.text).toBe("db  | ready\nweb | \u001b]0;evil\u0007hello\n");
    expect(daemon.called("logs.follow")).toEqual([
      { targets: [{ project: "shop" }], lines: 5, since: "2030-01-31T12:00:00.000Z" },
    ]);
  });

  test("are asked for by time, level and text", async () => {
    const { cli, daemon } = await setUp({ apps: shop, logs: written });
    const until = "2030-01-31T13:00:00.000Z";
    expect(await cli.run("logs", "db", "--until", until, "--level", "Warn", "--grep", "no db")).toBe(0);
    expect(daemon.called("logs.follow")).toEqual([
      { targets: [{ project: "shop", name: "db" }], until, level: "warn", text: "no db" },
    ]);
  });

  test("of one app have no name before them", async () => {
    const { cli } = await setUp({ apps: shop, logs: [line("db", "ready")] });
    await cli.run("logs", "db");
    expect(cli.stdout.text).toBe("ready\n");
  });

  test("on a terminal are harmless", async () => {
    const { cli } = await setUp(
      { apps: shop, logs: written },
      { terminal: true, variables: { NO_COLOR: "1" } },
    );
    await cli.run("logs", "-p", "shop");
    expect(cli.stdout.text).toBe("db  | ready\nweb | hello\n");
  });

  test("--json is one object a line", async () => {
    const { cli } = await setUp({ apps: shop, logs: written });
    await cli.run("logs", "-p", "shop", "--json");
    expect(
      cli.stdout.text
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text)),
    ).toEqual(written);
  });

  test("-f goes on until it is interrupted, after the last 20 lines", async () => {
    const { cli, daemon } = await setUp({ apps: shop, logs: written });
    const ended = cli.run("logs", "-f", "db", "shop/web");
    await cli.stdout.shows("hello");
    daemon.write([line("db", "later")]);
    await cli.stdout.shows("later");
    expect(daemon.called("logs.follow")).toMatchObject([{ lines: 20 }]);
    cli.interrupt();
    expect([await ended, cli.listeners]).toEqual([0, 0]);
  });

  test("-f ends with 69 when the daemon goes away, and says that the apps run on", async () => {
    const { cli, daemon } = await setUp({ apps: shop, logs: written });
    const ended = cli.run("logs", "-f", "db");
    await cli.stdout.shows("ready");
    await daemon.crash();
    expect(await ended).toBe(69);
    expect(cli.stderr.text).toContain("the apps run on");
  });
});

describe("events", () => {
  test("are the last 200 unless more is asked for", async () => {
    const { cli, daemon } = await setUp({ apps: [appRow({ name: "web" })] });
    daemon.change("web", "stopping");
    await cli.run("events", "-p", "shop");
    await cli.run("events", "-n", "1");
    await cli.run("events", "-n", "all");
    await cli.run("events", "--after", "0");
    expect(daemon.called("events.read")).toEqual([
      { last: 200, project: "shop" },
      { last: 1 },
      { after: 0, limit: 1_000 },
      { after: 1, limit: 1_000 },
      { after: 0, limit: 1_000 },
      { after: 1, limit: 1_000 },
    ]);
  });

  test("are read in pages, and followed without a gap", async () => {
    const { cli, daemon } = await setUp({ apps: [appRow({ name: "web" })] });
    daemon.change("web", "stopping");
    daemon.change("web", "stopped");
    expect(await cli.run("events", "--json")).toBe(0);
    expect(
      cli.stdout.text
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text).seq),
    ).toEqual([1, 2]);
    cli.stdout.text = "";
    const ended = cli.run("events", "-f", "--after", "1");
    await cli.stdout.shows("web is stopped");
    while (daemon.called("events.follow").length === 0) await new Promise(setImmediate);
    expect(daemon.called("events.follow")).toEqual([{ after: 2 }]);
    cli.interrupt();
    expect(await ended).toBe(0);
    expect(cli.stdout.text).toBe(`2  ${start}  shop  web is stopped\n`);
  });
});

describe("down", () => {
  test("stops the whole project and shows how it goes", async () => {
    const { cli, daemon } = await setUp({ apps: [appRow({ name: "db" }), appRow({ name: "web" })] });
    expect(await cli.run("down", "-p", "shop", "--timeout", "1")).toBe(0);
    expect(daemon.called("apps.stop")).toEqual([{ targets: [{ project: "shop" }], timeoutMs: 1_000 }]);
    expect(await cli.run("down", "-p", "shop")).toBe(0);
    expect(cli.stderr.text).toContain("nothing of project shop runs");
  });

  test("needs a manifest or a name", async () => {
    const cli = new FakeCli();
    expect(await cli.run("down")).toBe(2);
  });
});

describe("daemon", () => {
  test("status says where it is", async () => {
    const { cli, daemon } = await setUp();
    expect(await cli.run("daemon", "status", "--json")).toBe(0);
    expect(JSON.parse(cli.stdout.text)).toEqual({
      running: true,
      pid: process.pid,
      version: "0.1.0",
      home: daemon.home,
      socket: join(daemon.home, "holdfast.sock"),
      http: null,
      since: start,
    });
  });

  test("stop ends it, with its apps unless they are kept", async () => {
    const { cli, daemon } = await setUp();
    expect(await cli.run("daemon", "stop", "--keep-apps")).toBe(0);
    expect(daemon.called("system.shutdown")).toEqual([{ keepApps: true }]);
    expect(cli.stderr.text).toContain("the apps run on");
  });

  test("unit leaves the apps alone when the daemon ends", async () => {
    const cli = new FakeCli({ home: "/srv/100%" });
    expect(await cli.run("daemon", "unit")).toBe(0);
    expect(cli.stdout.text).toContain("KillMode=process");
    expect(cli.stdout.text).toContain('"/bin/false" "--max-semi-space-size=1" "daemon" "run"');
    expect(cli.stdout.text).toContain("HOLDFAST_HOME=/srv/100%%");
  });
});

describe("webhooks", () => {
  test("are told of, with those that fail: then it exits with 1", async () => {
    const { cli, daemon } = await setUp({ apps: shop });
    expect(await cli.run("webhooks", "-p", "shop")).toBe(0);
    expect(daemon.called("webhooks.list")).toEqual([{ project: "shop" }]);
    expect(cli.stderr.text).toBe("No manifest has webhooks.\n");
    const hook = { project: "shop", name: "ops", address: "https://h", waiting: 3, delivered: 2 } as const;
    daemon.webhooks = [{ ...hook, state: "failing", error: "it answers with \u001b[2J503", next: null }];
    expect(await cli.run("webhooks")).toBe(1);
    expect(cli.stdout.text).toMatch(/^WEBHOOK +ADDRESS +STATE/);
    expect(cli.stdout.text).toMatch(/shop\/ops +https:\/\/h +failing +2 +3 +it answers with 503/);
    cli.stdout.text = "";
    expect(await cli.run("daemon", "status")).toBe(0);
    expect(cli.stdout.text).toContain("\nwebhook   shop/ops fails: it answers with 503\n");
  });
});

describe("operations", () => {
  test("A-10 are asked for by app and time, and printed with who asked and what came of it", async () => {
    const { cli, daemon } = await setUp({ apps: shop });
    await cli.run("stop", "db", "-p", "shop");
    cli.stdout.text = "";
    const since = "2030-01-31T11:00:00.000Z";
    expect(await cli.run("operations", "-p", "shop", "db", "blog/web", "--since", since, "-n", "5")).toBe(0);
    expect(daemon.called("operations.list")).toEqual([
      { project: "shop", name: "db", since, limit: 5 },
      { project: "blog", name: "web", since, limit: 5 },
    ]);
    expect(cli.stdout.text).toMatch(/^SINCE +APP +OPERATION +STATE/);
    expect(cli.stdout.text).toMatch(/shop\/db +stop +done/);
  });

  test("without -n the last 50, and none is no failure", async () => {
    const { cli, daemon } = await setUp({ apps: shop });
    expect(await cli.run("operations")).toBe(0);
    expect(daemon.called("operations.list")).toEqual([{ limit: 50 }]);
    expect([cli.stdout.text, cli.stderr.text]).toEqual(["", "No operation matches.\n"]);
  });

  test("--json is one object a line", async () => {
    const { cli } = await setUp({ apps: shop });
    await cli.run("stop", "db", "-p", "shop");
    cli.stdout.text = "";
    await cli.run("operations", "--json");
    expect(JSON.parse(cli.stdout.text)).toMatchObject({ kind: "stop", name: "db" });
  });
});
