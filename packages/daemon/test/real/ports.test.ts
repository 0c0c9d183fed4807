import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { AppSpec, Port } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { processesWith, type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const mark = `HOLDFAST_TEST=${randomUUID()}`;
const environment = { PATH: process.env["PATH"] ?? "", HOLDFAST_TEST: mark.split("=")[1] ?? "" };
const sh = (script: string): Pick<AppSpec, "command" | "environment"> => ({
  command: { kind: "shell", script, shell: ["/bin/sh", "-c"] },
  environment,
});
const open = (more: Partial<Port> = {}): Port => ({ host: "127.0.0.1", port: 0, protocol: "tcp", ...more });

const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) await each.end();
  expect(processesWith(mark)).toEqual([]);
});
async function start(options: Parameters<typeof realDaemon>[0] = {}): Promise<RealDaemon> {
  const opened = await realDaemon(options);
  daemons.push(opened);
  return opened;
}
const rows = ({ daemon }: RealDaemon) => daemon.list();
const allIn = (real: RealDaemon, state: string): Promise<void> =>
  until(
    () => rows(real).every((row) => row.state === state),
    () => JSON.stringify(rows(real)),
  );
const output = async ({ daemon }: RealDaemon): Promise<readonly string[]> =>
  (await daemon.logs.read(daemon.logSources([{ project: "shop" }]), {})).map(({ text }) => text);
async function restarted(real: RealDaemon): Promise<void> {
  const operations = real.daemon.restart([{ project: "shop" }]);
  await real.daemon.operations.wait(operations.map(({ id }) => id));
}

test("each instance is given ports of its own, told by variables and in its row", async () => {
  const real = await start();
  const app = appSpec("app", {
    ...sh("echo $PORT $HOLDFAST_PORT_1 $HOLDFAST_PORT_2 $HOLDFAST_PORT_3"),
    ports: [open(), open({ protocol: "udp" }), { host: "0.0.0.0", port: 8_080, protocol: "tcp" }],
    replicas: 3,
  });
  real.daemon.apply(projectSpec([app]));
  await allIn(real, "completed");
  const told = rows(real).map(({ ports: [first, second, third] }) => `${first} ${first} ${second} ${third}`);
  expect([...(await output(real))].sort()).toEqual([...told].sort());
  const chosen = rows(real).flatMap(({ ports }) => ports.slice(0, 2));
  expect(new Set(chosen).size).toBe(6);
  expect(chosen.every((port) => port > 1_023)).toBe(true);
  expect(rows(real).map(({ ports }) => ports[2])).toEqual([8_080, 8_080, 8_080]);
});

test("many that are started at once get no port twice", async () => {
  const real = await start();
  const app = appSpec("app", { ...sh("sleep 100"), ports: [open()], replicas: 30 });
  real.daemon.apply(projectSpec([app]));
  await allIn(real, "running");
  expect(new Set(rows(real).flatMap(({ ports }) => ports)).size).toBe(30);
});

test("a port stays what it is across restarts and daemons, until somebody else has it", async () => {
  const first = await realDaemon();
  const app = appSpec("app", { ...sh("echo $PORT; exec sleep 100"), ports: [open()] });
  first.daemon.apply(projectSpec([app]));
  await allIn(first, "running");
  const [port = 0] = rows(first)[0]?.ports ?? [];
  await restarted(first);
  expect(rows(first)[0]?.ports).toEqual([port]);
  await first.abandon();
  const second = await start({ directory: first.directory });
  expect(rows(second)[0]?.ports).toEqual([port]);
  await restarted(second);
  expect(rows(second)[0]?.ports).toEqual([port]);
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port, "127.0.0.1", resolve));
  await restarted(second);
  const [other] = rows(second)[0]?.ports ?? [];
  squatter.close();
  expect(other).not.toBe(port);
  expect(other).toBeGreaterThan(0);
});

test("an app that has a PORT keeps it", async () => {
  const real = await start();
  const app = appSpec("app", { ...sh("echo $PORT; test $HOLDFAST_PORT_1 -gt 0"), ports: [open()] });
  real.daemon.apply(projectSpec([{ ...app, environment: { ...environment, PORT: "1" } }]));
  await allIn(real, "completed");
  expect(await output(real)).toEqual(["1"]);
});

test("a check by a command knows the port", async () => {
  const real = await start();
  const app = appSpec("app", {
    ...sh("sleep 100"),
    ports: [open()],
    healthcheck: {
      action: {
        kind: "exec",
        command: { kind: "shell", script: "test $PORT -gt 0", shell: ["/bin/sh", "-c"] },
      },
      initialDelayMs: 0,
      intervalMs: 100,
      timeoutMs: 5_000,
      successThreshold: 1,
      failureThreshold: 1,
      startPeriodMs: 0,
      startIntervalMs: 100,
    },
  });
  real.daemon.apply(projectSpec([app]));
  await until(
    () => rows(real)[0]?.health === "healthy",
    () => JSON.stringify(rows(real)),
  );
});

test("{index} is the number of the instance, where the manifest has it, and only there", async () => {
  const real = await start();
  const script = "echo {index} $N";
  const variables = { ...environment, N: "n{index}" };
  real.daemon.apply(
    projectSpec([
      appSpec("app", { ...sh(script), environment: variables, replicas: 2, indexed: true }),
      appSpec("plain", { ...sh(script), environment: variables }),
    ]),
  );
  await allIn(real, "completed");
  expect([...(await output(real))].sort()).toEqual(["1 n1", "2 n2", "{index} n{index}"]);
});

test("T8: an app gets the environment that was declared, three files and no more", async () => {
  const real = await start();
  const script = "tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1 | sort; ls /proc/$$/fd; umask";
  real.daemon.apply(
    projectSpec([appSpec("app", { ...sh(script), environment: { ...environment, OWN: "1" } })]),
  );
  await allIn(real, "completed");
  const names = ["HOLDFAST_APP", "HOLDFAST_COOKIE", "HOLDFAST_INSTANCE", "HOLDFAST_PROJECT", "HOLDFAST_TEST"];
  const umask = process.umask().toString(8).padStart(4, "0");
  const found = (await output(real)).filter((line) => line !== "PWD");
  expect(found).toEqual([...names, "OWN", "PATH", "0", "1", "2", umask]);
});
