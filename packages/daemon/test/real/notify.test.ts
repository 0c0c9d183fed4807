import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { AppStatus } from "../../src/api/contract.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, needs, projectSpec, restart } from "../fakes/app-spec.ts";
import { processesWith, type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const mark = `HOLDFAST_TEST=${randomUUID()}`;
const environment = { PATH: process.env["PATH"] ?? "", HOLDFAST_TEST: mark.split("=")[1] ?? "" };
const program = new URL("../../../platform/test/programs/notify.pl", import.meta.url).pathname;
/** In the script, `say WORDS…` sends each of them to the daemon. */
const talks = (script: string): Pick<AppSpec, "command" | "environment"> => ({
  command: { kind: "shell", script: `say() { perl ${program} "$@"; }; ${script}`, shell: ["/bin/sh", "-c"] },
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
const untilRow = (real: RealDaemon, name: string, isSo: (row: AppStatus) => boolean): Promise<void> =>
  until(
    () => {
      const found = row(real, name);
      return found !== undefined && isSo(found);
    },
    () => JSON.stringify(row(real, name)),
  );
const stopIn = (graceMs: number) => ({ stop: { signal: "SIGTERM", graceMs, leaderOnly: false } });
async function stopped(real: RealDaemon): Promise<number> {
  const asked = performance.now();
  const operations = real.daemon.stop([{ project: "shop" }]);
  await real.daemon.operations.wait(operations.map(({ id }) => id));
  return performance.now() - asked;
}

test("whoever needs an app waits until it says that it is ready; what it says stands in its row", async () => {
  const real = await open();
  real.daemon.apply(
    projectSpec([
      appSpec("db", {
        ...talks("say 'STATUS=reading the log'; sleep 0.5; say STATUS= READY=1; sleep 100"),
        readyNotify: {},
      }),
      appSpec("web", { ...talks("sleep 100"), ...needs(["db"], "service_healthy") }),
    ]),
  );
  await untilRow(real, "db", ({ status }) => status === "reading the log");
  expect(row(real, "db")).toMatchObject({ state: "running", ready: false });
  expect(row(real, "web")?.state).toBe("starting");
  await untilRow(real, "web", ({ state }) => state === "running");
  expect(row(real, "db")).toMatchObject({ ready: true, status: "" });
});

test("59: an app that said RELOADING and then died is failed, and not stuck", async () => {
  const real = await open();
  const app = appSpec("app", { ...talks("say READY=1 RELOADING=1; exit 3"), readyNotify: {} });
  real.daemon.apply(projectSpec([app]));
  await untilRow(real, "app", ({ state }) => state === "failed");
  expect(row(real, "app")).toMatchObject({ ready: false, exit: { code: 3, signal: null } });
});

test("16: an app that is never ready is ended, and its restart policy decides", async () => {
  const real = await open();
  const backoff = { initialMs: 10, maxMs: 10, factor: 1 };
  real.daemon.apply(
    projectSpec([
      appSpec("app", {
        ...talks("exec sleep 100"),
        readyNotify: { timeoutMs: 200 },
        restart: { when: "on-failure", maxRestarts: 1, backoff },
      }),
    ]),
  );
  await untilRow(real, "app", ({ state }) => state === "failed");
  expect(row(real, "app")).toMatchObject({ restarts: 1 });
  expect(row(real, "app")?.lastError).toBe("it did not say that it is ready within 0.2 s; 1 restart used up");
});

test("16: stop: an app that asks for more time is waited for", async () => {
  const real = await open();
  const script =
    "trap 'say EXTEND_TIMEOUT_USEC=8000000; sleep 1; exit 0' TERM; say READY=1; while :; do sleep 0.05; done";
  real.daemon.apply(projectSpec([appSpec("app", { ...talks(script), readyNotify: {}, ...stopIn(600) })]));
  await untilRow(real, "app", ({ ready }) => ready);
  const took = await stopped(real);
  expect(took).toBeGreaterThan(900);
  expect(row(real, "app")?.exit).toEqual({ code: 0, signal: null });
});

test("16: stop: more time than it asked for it does not get, and what it asked before does not count", async () => {
  const real = await open();
  const script =
    "trap 'say EXTEND_TIMEOUT_USEC=900000; sleep 100' TERM; say EXTEND_TIMEOUT_USEC=60000000 READY=1; while :; do sleep 0.05; done";
  real.daemon.apply(projectSpec([appSpec("app", { ...talks(script), readyNotify: {}, ...stopIn(400) })]));
  await untilRow(real, "app", ({ ready }) => ready);
  const took = await stopped(real);
  console.log(`a stop of 400 ms that was extended by 900 ms took ${Math.round(took)} ms`);
  expect(row(real, "app")?.exit).toMatchObject({ signal: "SIGKILL" });
  expect(took).toBeGreaterThan(850);
  expect(took).toBeLessThan(6_000);
});

test("an app whose watchdog falls silent is ended and restarted", async () => {
  const real = await open();
  const script = `echo "every $WATCHDOG_USEC"; i=0; while [ $i -lt 8 ]; do say WATCHDOG=1; sleep 0.1; i=$((i+1)); done; exec sleep 100`;
  real.daemon.apply(
    projectSpec([appSpec("app", { ...talks(script), watchdogMs: 700, ...restart("on-failure") })]),
  );
  await untilRow(real, "app", ({ restarts }) => restarts === 1);
  const log = await real.daemon.logs.read(real.daemon.logSources([{ project: "shop" }]), {});
  expect(log[0]?.text).toBe("every 700000");
  const crash = real.daemon.events.read(0).find(({ message }) => message.includes("restart 1"));
  expect(crash?.app?.state).toBe("backoff");
});

test("a daemon that comes later hears what was said without one, and counts the watchdog anew", async () => {
  const first = await realDaemon();
  const script =
    "say STATUS=early; while [ ! -e go ]; do sleep 0.01; done; say READY=1 STATUS=late; exec sleep 100";
  const app = appSpec("app", {
    ...talks(script),
    workingDir: first.directory,
    readyNotify: {},
    watchdogMs: 1_000,
    ...stopIn(200),
  });
  first.daemon.apply(projectSpec([app]));
  await untilRow(first, "app", ({ status }) => status === "early");
  await first.abandon();
  writeFileSync(join(first.directory, "go"), "");
  await until(
    () => processesWith(mark).some((line) => line.includes("sleep 100")),
    () => processesWith(mark).join("\n"),
  );
  const second = await open({ directory: first.directory });
  await untilRow(second, "app", ({ ready, status }) => ready && status === "late");
  await untilRow(second, "app", ({ state }) => state === "failed");
  expect(row(second, "app")?.lastError).toBe("its watchdog was not heard for 1 s");
});
