import { expect, onTestFinished, test } from "vitest";
import type { AppSpec, ProjectSpec } from "../../daemon/src/spec/app-spec.ts";
import { connect } from "../src/connection/connect.ts";
import { tellError } from "../src/tell-error.ts";
import { Interrupts } from "../src/up/interrupts.ts";
import { UpOutput } from "../src/up/up-output.ts";
import { type UpRequest, UpSession } from "../src/up/up-session.ts";
import { appRow, start } from "./app-row.ts";
import { FakeCli } from "./fake-cli.ts";
import { FakeDaemon, type FakeDaemonOptions } from "./fake-daemon.ts";

const appSpec = (name: string, rest: Partial<AppSpec> = {}): AppSpec => ({
  project: "shop",
  name,
  source: { file: "holdfast.yaml", line: 1, column: 1 },
  runner: { kind: "process" },
  command: { kind: "exec", argv: ["sleep", "100"] },
  workingDir: "/",
  environment: {},
  replicas: 1,
  replicaVariables: [],
  dependsOn: {},
  restart: { when: "never", backoff: { initialMs: 0, maxMs: 0, factor: 1 } },
  successExitCodes: [],
  stop: { signal: "SIGTERM", graceMs: 10_000, leaderOnly: false },
  ports: [],
  namespaces: [],
  labels: {},
  disabled: false,
  forks: false,
  endsProject: "never",
  ...rest,
});

const spec: ProjectSpec = {
  name: "shop",
  directory: "/",
  files: ["holdfast.yaml"],
  apps: [appSpec("db"), appSpec("web", { ports: [{ host: "0.0.0.0", port: 8_080, protocol: "tcp" }] })],
  orderedStop: true,
  abortOnExit: false,
};

async function up(options: FakeDaemonOptions = {}, request: Partial<UpRequest> = {}) {
  const daemon = await FakeDaemon.listen({ onDemand: true, ...options });
  onTestFinished(async () => await daemon[Symbol.asyncDispose]());
  const cli = new FakeCli({ home: daemon.home });
  const client = await connect(cli);
  const interrupts = new Interrupts(cli);
  const output = new UpOutput(cli, spec, { prefix: true, timestamps: false, raw: false });
  const session = new UpSession(
    cli,
    client,
    { spec, names: [], detach: false, removeOrphans: false, startedDaemon: false, ...request },
    interrupts,
    output,
  );
  const ended = session
    .run()
    .catch((error: unknown) => tellError(cli, error))
    .finally(() => {
      interrupts.release();
      client.close();
    });
  return { daemon, cli, ended };
}

const line = (name: string, text: string, offset: number) => ({
  project: "shop",
  name,
  instance: 1,
  time: start,
  text,
  offset,
});

test("Ctrl-C stops what this up started, and the daemon that is there for it", async () => {
  const { daemon, cli, ended } = await up();
  await cli.stderr.shows("web is running");
  while (daemon.called("logs.follow").length === 0) await new Promise(setImmediate);
  daemon.write([line("web", "hello", 0)]);
  await cli.stdout.shows("web | hello\n");
  cli.interrupt();
  expect(await ended).toBe(0);
  expect(daemon.called("apps.stop")).toEqual([
    {
      targets: [
        { project: "shop", name: "db" },
        { project: "shop", name: "web" },
      ],
    },
  ]);
  expect(daemon.called("system.shutdown")).toEqual([{ keepApps: false }]);
  expect(cli.stderr.text).toContain("stopping db, web");
  expect(cli.stderr.text).toContain("  web  127.0.0.1:8080\n");
  expect(cli.listeners).toBe(0);
});

test("an end that overtakes the rows it makes old is not undone by them", async () => {
  const { cli, ended } = await up({
    afterList: (daemon) => {
      for (const name of ["db", "web"]) {
        daemon.change(name, "completed", { exit: { code: 0, signal: null }, operation: null });
      }
    },
  });
  expect(await ended).toBe(0);
  expect(cli.stderr.text).toContain("all apps have ended");
});

test("what ran before goes on, and so does a daemon that nobody started for this", async () => {
  const { daemon, cli, ended } = await up({ apps: [appRow({ name: "db" })], onDemand: false });
  await cli.stderr.shows("web is running");
  cli.interrupt();
  expect(await ended).toBe(0);
  expect(daemon.called("apps.stop")).toEqual([{ targets: [{ project: "shop", name: "web" }] }]);
  expect(daemon.called("system.shutdown")).toEqual([]);
  expect(cli.stderr.text).toContain("db ran before, and goes on");
});

test("a daemon that still has apps of others is left alone", async () => {
  const { daemon, cli, ended } = await up({ apps: [appRow({ name: "blog", project: "blog" })] });
  await cli.stderr.shows("web is running");
  cli.interrupt();
  expect(await ended).toBe(0);
  expect(daemon.called("system.shutdown")).toEqual([]);
});

test("a Ctrl-C before the apps are applied starts nothing", async () => {
  const { daemon, cli, ended } = await up();
  cli.interrupt();
  expect(await ended).toBe(0);
  expect(daemon.called("apps.apply")).toEqual([]);
  expect(daemon.called("system.shutdown")).toHaveLength(1);
});

test("a second Ctrl-C kills at once, a third one leaves; the same key passed on by a parent does not count", async () => {
  let stops = 0;
  const { daemon, cli, ended } = await up({
    outcome: (kind) => (kind === "stop" && ++stops <= 2 ? "hang" : "done"),
  });
  await cli.stderr.shows("web is running");
  cli.interrupt();
  cli.interrupt();
  await cli.stderr.shows("stopping db, web");
  await cli.clock.sleep(250);
  expect(cli.stderr.text).not.toContain("killing");
  cli.interrupt();
  await cli.stderr.shows("killing them");
  await cli.clock.sleep(250);
  expect(daemon.called("apps.stop")[1]).toMatchObject({ timeoutMs: 0 });
  cli.interrupt();
  expect(cli.exits).toEqual([130]);
  await daemon.crash();
  expect(await ended).toBe(69);
});

test("when all apps have completed up ends with 0, and lines that come after their end are not lost", async () => {
  const logs = [line("web", "first", 0), line("web", "last", 6)];
  const { daemon, cli, ended } = await up({ logs, followed: logs.slice(0, 1) });
  await cli.stderr.shows("web is running");
  daemon.change("db", "completed", { exit: { code: 0, signal: null } });
  daemon.change("web", "completed", { exit: { code: 0, signal: null } });
  while (daemon.called("logs.read").length === 0) await new Promise(setImmediate);
  daemon.write(logs.slice(1));
  expect(await ended).toBe(0);
  expect(cli.stdout.text).toBe("web | first\nweb | last\n");
  expect(cli.stderr.text).toContain("all apps have ended");
  expect(daemon.called("apps.stop")).toEqual([]);
});

test("an app that has completed before its start was over ends up too", async () => {
  const { daemon, ended } = await up({ outcome: () => "hang" });
  while (daemon.called("logs.follow").length === 0) await new Promise(setImmediate);
  for (const [index, name] of ["db", "web"].entries()) {
    const operation = { id: `op-${index + 1}`, kind: "start", since: start } as const;
    daemon.change(name, "completed", { exit: { code: 0, signal: null }, operation });
  }
  daemon.endOperations();
  expect(await ended).toBe(0);
});

test("when one has failed up ends with 1 and names it, and the exit code of one that did not restart counts", async () => {
  const { daemon, cli, ended } = await up();
  await cli.stderr.shows("web is running");
  daemon.change("db", "completed", { exit: { code: 3, signal: null } });
  daemon.change("web", "failed", { lastError: "web crashed 5 times in 10 s" });
  expect(await ended).toBe(1);
  expect(cli.stderr.text).toContain("holdfast: db ended with exit 3\n");
  expect(cli.stderr.text).toContain("holdfast: web failed: web crashed 5 times in 10 s\n");
});

test("up goes on while an app is backing off or scheduled", async () => {
  const { daemon, cli, ended } = await up();
  await cli.stderr.shows("web is running");
  daemon.change("db", "completed", { next: start });
  daemon.change("web", "failed");
  await cli.stderr.shows("web is failed");
  let over = false;
  void ended.then(() => {
    over = true;
  });
  await cli.clock.sleep(50);
  expect(over).toBe(false);
  daemon.change("db", "backoff");
  await cli.clock.sleep(50);
  expect(over).toBe(false);
  daemon.change("db", "completed", { next: null, exit: { code: 0, signal: null } });
  expect(await ended).toBe(1);
});

test("when the daemon goes away up says that the apps run on, and exits with 69", async () => {
  const { daemon, cli, ended } = await up();
  await cli.stderr.shows("web is running");
  while (daemon.called("logs.follow").length === 0) await new Promise(setImmediate);
  await daemon.crash();
  expect(await ended).toBe(69);
  expect(cli.stderr.text).toContain("holdfast: the daemon went away");
  expect(cli.stderr.text).toContain("the apps run on");
});

test("when somebody else shuts the daemon down, up ends as the apps did", async () => {
  const { daemon, cli, ended } = await up();
  await cli.stderr.shows("web is running");
  while (daemon.called("logs.follow").length === 0) await new Promise(setImmediate);
  daemon.change("db", "stopped");
  daemon.change("web", "stopped");
  while (daemon.called("logs.read").length === 0) await new Promise(setImmediate);
  await daemon.crash();
  expect(await ended).toBe(0);
  expect(cli.stderr.text).not.toContain("went away");
});

test("-d waits until the apps run and leaves them and the daemon", async () => {
  const { daemon, cli, ended } = await up({}, { detach: true });
  expect(await ended).toBe(0);
  expect(daemon.called("operations.wait")).toHaveLength(1);
  expect(daemon.called("system.shutdown")).toEqual([]);
  expect(cli.stderr.text).toContain("holdfast down");
});

test("-d exits with 1 when an app could not be started", async () => {
  const { cli, ended } = await up(
    { outcome: (_, name) => (name === "web" ? new Error("web: no such file") : "done") },
    { detach: true },
  );
  expect(await ended).toBe(1);
  expect(cli.stderr.text).toContain("holdfast: web: no such file\n");
});

test("a Ctrl-C while -d waits stops what was started", async () => {
  const { daemon, cli, ended } = await up(
    { outcome: (kind) => (kind === "start" ? "hang" : "done") },
    { detach: true },
  );
  while (daemon.called("operations.wait").length === 0) await new Promise(setImmediate);
  cli.interrupt();
  expect(await ended).toBe(0);
  expect(daemon.called("apps.stop")).toHaveLength(1);
  expect(daemon.called("system.shutdown")).toHaveLength(1);
});

test("a Ctrl-C while -d waits also ends the daemon that it started to stay", async () => {
  const { daemon, cli, ended } = await up(
    { onDemand: false, outcome: (kind) => (kind === "start" ? "hang" : "done") },
    { detach: true, startedDaemon: true },
  );
  while (daemon.called("operations.wait").length === 0) await new Promise(setImmediate);
  cli.interrupt();
  expect(await ended).toBe(0);
  expect(daemon.called("system.shutdown")).toHaveLength(1);
});

test("with names, only those are asked for and followed", async () => {
  const { daemon, cli, ended } = await up({}, { names: ["web"] });
  await cli.stderr.shows("web is running");
  expect(daemon.called("apps.apply")).toMatchObject([{ names: ["web"] }]);
  daemon.change("web", "completed", { exit: { code: 0, signal: null } });
  expect(await ended).toBe(0);
});

test("a reader of stdout that goes away is a Ctrl-C, however often it is noticed", async () => {
  const { daemon, cli, ended } = await up();
  await cli.stderr.shows("web is running");
  for (let write = 0; write < 3; write++) {
    cli.interrupt("EPIPE");
    await cli.clock.sleep(250);
  }
  expect(await ended).toBe(0);
  expect(cli.exits).toEqual([]);
  expect(daemon.called("apps.stop")).toHaveLength(1);
});

test("an app that somebody removes meanwhile is followed no more, and with the last one it ends", async () => {
  const { daemon, cli, ended } = await up({ onDemand: false });
  await cli.stderr.shows("db is running");
  await cli.stderr.shows("web is running");
  daemon.change("web", "removing");
  const client = await connect(cli);
  for (const name of ["web", "db"]) {
    await client.call("apps.remove", { targets: [{ project: "shop", name }] });
  }
  expect(await ended).toBe(0);
  client.close();
});
