import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, needs, projectSpec } from "../fakes/app-spec.ts";
import { processesWith, type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const mark = `HOLDFAST_TEST=${randomUUID()}`;
const environment = { PATH: process.env["PATH"] ?? "", HOLDFAST_TEST: mark.split("=")[1] ?? "" };
const sh = (script: string): Pick<AppSpec, "command" | "environment"> => ({
  command: { kind: "shell", script, shell: ["/bin/sh", "-c"] },
  environment,
});

const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) await each.end();
  expect(processesWith(mark)).toEqual([]);
});
async function open(options: Parameters<typeof realDaemon>[0] = {}): Promise<RealDaemon> {
  const opened = await realDaemon(options);
  daemons.push(opened);
  return opened;
}
const row = ({ daemon }: RealDaemon, name: string) => daemon.list().find((each) => each.name === name);
const inState = (real: RealDaemon, name: string, state: string): Promise<void> =>
  until(
    () => row(real, name)?.state === state,
    () => JSON.stringify(row(real, name)),
  );
const output = async ({ daemon }: RealDaemon, name: string): Promise<readonly string[]> =>
  (await daemon.logs.read(daemon.logSources([{ project: "shop", name }]), {})).map((line) => line.text);

test("an app runs, its output is kept, and its exit code is told", async () => {
  const real = await open();
  real.daemon.apply(projectSpec([appSpec("job", sh("echo out; echo err >&2; exit 3"))]));
  await inState(real, "job", "failed");
  expect(await output(real, "job")).toEqual(["out", "err"]);
  expect(row(real, "job")).toMatchObject({
    exit: { code: 3, signal: null },
    lastError: "exited with code 3",
  });
});

test("an exit code above 128 is not taken for a signal, nor a signal for a code", async () => {
  const real = await open();
  real.daemon.apply(projectSpec([appSpec("code", sh("exit 143")), appSpec("signal", sh("kill -TERM $$"))]));
  await inState(real, "code", "failed");
  await inState(real, "signal", "failed");
  expect(row(real, "code")?.exit).toEqual({ code: 143, signal: null });
  expect(row(real, "signal")?.exit).toEqual({ code: null, signal: "SIGTERM" });
});

test("a missing command, a missing directory and a missing permission are each told by name", async () => {
  const real = await open();
  const exec = (name: string, program: string, over: Partial<AppSpec> = {}): AppSpec =>
    appSpec(name, { command: { kind: "exec", argv: [program] }, environment, ...over });
  real.daemon.apply(
    projectSpec([
      exec("missing", "no-such-program"),
      exec("nowhere", "true", { workingDir: "/no/such/directory" }),
      exec("plain", "/etc/passwd"),
    ]),
  );
  for (const name of ["missing", "nowhere", "plain"]) await inState(real, name, "failed");
  expect(row(real, "missing")?.lastError).toContain("command not found: no-such-program");
  expect(row(real, "nowhere")?.lastError).toContain("working directory /no/such/directory does not exist");
  expect(row(real, "plain")?.lastError).toContain("/etc/passwd is not executable");
});

describe.each([{ cgroups: true }, { cgroups: false }])("a stop of a whole tree, %o", (options) => {
  const stubborn = `
    trap '' TERM
    sh -c 'trap "" TERM; sleep 1000 & wait; sleep 1000' &
    setsid sh -c 'trap "" TERM; sleep 1000; sleep 1000' &
    (setsid sh -c 'trap "" TERM; (sleep 1000; sleep 1000) & ' &)
    echo up
    while true; do sleep 1000; done`;

  test("leaves nothing of an app that ignores SIGTERM, forks a setsid grandchild and double-forks", async () => {
    const real = await open(options);
    const graceMs = 500;
    const stop = { signal: "SIGTERM", graceMs, leaderOnly: false };
    real.daemon.apply(projectSpec([appSpec("stubborn", { ...sh(stubborn), stop })]));
    const web = { project: "shop", name: "stubborn" };
    // On a machine that may be busy: what it can do is what it did once.
    let best = Number.POSITIVE_INFINITY;
    for (let times = 1; times <= 10 && best > graceMs + 250; times++) {
      if (times > 1) real.daemon.start([web]);
      await until(
        async () => (await output(real, "stubborn")).filter((line) => line === "up").length >= times,
        () => "it never came up",
      );
      await until(
        () => processesWith(mark).length >= 5,
        () => processesWith(mark).join("\n"),
      );
      const asked = performance.now();
      const [operation] = real.daemon.stop([web]);
      await real.daemon.operations.wait([operation?.id ?? ""]);
      const took = performance.now() - asked;
      expect(processesWith(mark)).toEqual([]);
      expect(took).toBeGreaterThanOrEqual(graceMs);
      expect(row(real, "stubborn")?.state).toBe("stopped");
      best = Math.min(best, took);
    }
    expect(best).toBeLessThan(graceMs + 250);
  }, 60_000);

  test("a child that outlives its obedient parent is ended too", async () => {
    const real = await open(options);
    const script =
      "trap 'exit 0' TERM; setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & echo up; wait";
    const stop = { signal: "SIGTERM", graceMs: 300, leaderOnly: false };
    real.daemon.apply(projectSpec([appSpec("parent", { ...sh(script), stop })]));
    await until(
      async () => (await output(real, "parent")).includes("up"),
      () => "it never came up",
    );
    const [operation] = real.daemon.stop([{ project: "shop" }]);
    await real.daemon.operations.wait([operation?.id ?? ""]);
    expect(processesWith(mark)).toEqual([]);
  });

  test("what a crashed app left behind is gone before it is started again", async () => {
    const real = await open(options);
    const backoff = { initialMs: 10, maxMs: 10, factor: 1 };
    const script = "setsid sleep 1000 & sleep 0.05; exit 1";
    const policy = { when: "on-failure", maxRestarts: 3, backoff } as const;
    real.daemon.apply(projectSpec([appSpec("leaky", { ...sh(script), restart: policy })]));
    await inState(real, "leaky", "failed");
    expect(processesWith(mark)).toEqual([]);
    expect(row(real, "leaky")?.restarts).toBe(3);
  });
});

test("an app that forks is up as long as its tree lives", async () => {
  const real = await open();
  real.daemon.apply(projectSpec([appSpec("daemon", { ...sh("setsid sleep 1000 & exit 0"), forks: true })]));
  await inState(real, "daemon", "running");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(row(real, "daemon")?.state).toBe("running");
});

test("health by exec, http and tcp", async () => {
  const real = await open();
  const probe = {
    initialDelayMs: 0,
    intervalMs: 200,
    timeoutMs: 2_000,
    successThreshold: 1,
    failureThreshold: 2,
    startPeriodMs: 0,
    startIntervalMs: 200,
  };
  const server = `require("http").createServer((q, r) => { r.statusCode = q.url === "/bad" ? 500 : 200; r.end() })
    .listen(0, "127.0.0.1", function () { require("fs").writeFileSync("port", String(this.address().port)) })`;
  real.daemon.apply(
    projectSpec([
      appSpec("server", {
        command: { kind: "exec", argv: [process.execPath, "-e", server] },
        environment,
        workingDir: real.directory,
        healthcheck: {
          ...probe,
          action: {
            kind: "exec",
            command: { kind: "shell", script: "test -s port", shell: ["/bin/sh", "-c"] },
          },
        },
      }),
    ]),
  );
  await until(
    () => row(real, "server")?.health === "healthy",
    () => JSON.stringify(row(real, "server")),
  );
  const port = Number(readFileSync(join(real.directory, "port"), "utf8"));
  const http = (path: string) =>
    ({ kind: "http", url: `http://127.0.0.1:${port}${path}`, method: "GET", headers: {} }) as const;
  const idle = sh("sleep 1000");
  const spec = projectSpec([
    ...(real.daemon.list().length > 0 ? [] : []),
    appSpec("good", { ...idle, project: "probes", healthcheck: { ...probe, action: http("/") } }),
    appSpec("bad", { ...idle, project: "probes", healthcheck: { ...probe, action: http("/bad") } }),
    appSpec("open", {
      ...idle,
      project: "probes",
      healthcheck: { ...probe, action: { kind: "tcp", host: "127.0.0.1", port } },
    }),
    appSpec("shut", {
      ...idle,
      project: "probes",
      healthcheck: { ...probe, action: { kind: "tcp", host: "127.0.0.1", port: 1 } },
    }),
  ]);
  real.daemon.apply({ ...spec, name: "probes" });
  const health = (): Readonly<Record<string, string>> =>
    Object.fromEntries(real.daemon.list("probes").map((each) => [each.name, each.health]));
  await until(
    () =>
      JSON.stringify(health()) ===
      JSON.stringify({ good: "healthy", bad: "unhealthy", open: "healthy", shut: "unhealthy" }),
    () => JSON.stringify(health()),
  );
});

test("a stop command is run instead of the signal, with the app's environment", async () => {
  const real = await open();
  const said = join(real.directory, "said");
  const command = {
    kind: "shell",
    script: `echo $HOLDFAST_APP > ${said}; kill $HOLDFAST_PID`,
    shell: ["/bin/sh", "-c"],
  } as const;
  const stop = { signal: "SIGTERM", graceMs: 5_000, leaderOnly: false, command };
  real.daemon.apply(projectSpec([appSpec("app", { ...sh("exec sleep 1000"), stop })]));
  await inState(real, "app", "running");
  const [operation] = real.daemon.stop([{ project: "shop" }]);
  await real.daemon.operations.wait([operation?.id ?? ""]);
  expect(existsSync(said)).toBe(true);
  expect(row(real, "app")).toMatchObject({ state: "stopped", exit: { signal: "SIGTERM" } });
});

test("apps run on without their daemon and are taken up by the next one, exit codes and all", async () => {
  const first = await realDaemon();
  first.daemon.apply(
    projectSpec(
      [
        appSpec("stays", sh("while true; do echo tick; sleep 0.05; done")),
        appSpec("ends", sh("while [ ! -e go ]; do sleep 0.01; done; echo bye; exit 7")),
        appSpec("waits", { ...sh("echo never"), ...needs(["ends"], "service_completed_successfully") }),
      ].map((app) => ({ ...app, workingDir: first.directory })),
    ),
  );
  await inState(first, "stays", "running");
  await inState(first, "ends", "running");
  const pid = row(first, "stays")?.pid;
  await first.abandon();
  writeFileSync(join(first.directory, "go"), "");
  await until(
    () => !processesWith(mark).some((each) => each.includes("-e go")),
    () => "it never ended",
  );

  const second = await open({ directory: first.directory });
  expect(row(second, "stays")).toMatchObject({ state: "running", pid });
  await inState(second, "ends", "failed");
  expect(row(second, "ends")?.exit).toEqual({ code: 7, signal: null });
  expect(await output(second, "ends")).toEqual(["bye"]);
  await inState(second, "waits", "failed");
  // For an instant a shell that forks looks like two.
  await until(
    () => processesWith(mark).filter((each) => each.includes("tick")).length === 1,
    () => processesWith(mark).join("\n"),
  );
});

test("a copy of the output goes on under the next daemon, with what was written in between", async () => {
  const first = await realDaemon();
  const copy = join(first.directory, "copy.log");
  const script = "echo one; while [ ! -e go ]; do sleep 0.01; done; echo two; sleep 1000";
  const app = appSpec("app", { ...sh(script), workingDir: first.directory, logFile: copy });
  first.daemon.apply(projectSpec([app]));
  const copied = (): string => (existsSync(copy) ? readFileSync(copy, "utf8") : "");
  await until(() => copied() === "one\n", copied);
  await first.abandon();
  writeFileSync(join(first.directory, "go"), "");
  await open({ directory: first.directory });
  await until(() => copied() === "one\ntwo\n", copied);
});
