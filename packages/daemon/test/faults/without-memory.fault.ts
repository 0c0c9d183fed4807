/** F7, the other half: programs cannot be executed for want of memory, which `spawn` throws in the caller's face. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { probe, projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { lacking } from "./needs.ts";
import { heartbeat, longestGapMs, waiting } from "./operations.ts";
import { scaled } from "./scale.ts";

const alive = { kind: "exec", argv: ["/bin/true"] } as const;

test("F7: without memory for a program starts, checks and stop commands fail one by one, and the daemon lives", {
  timeout: 400_000,
}, async ({ skip }) => {
  const lack = lacking("root", "strace");
  if (lack !== undefined) skip(lack);
  const daemon = new KillableDaemon();
  let strace: ChildProcess | undefined;
  try {
    await daemon.start();
    const { restart: always } = restart("always");
    const backoff = { initialMs: 1, maxMs: 1, factor: 1, resetAfterMs: 10_000 };
    const healthcheck = { ...probe, action: { kind: "exec", command: alive }, intervalMs: 20 } as const;
    const checked = waiting("checked", daemon.root, { healthcheck });
    const obeying = waiting("obeying", daemon.root, {
      stop: { signal: "SIGTERM", graceMs: 300, leaderOnly: false, command: alive },
    });
    const web = waiting("web", daemon.root, { restart: { ...always, backoff }, disabled: true });
    await daemon.api.call("apps.apply", {
      spec: projectSpec([heartbeat(daemon.root), checked, obeying, web]),
    });
    const row = async (name: string) =>
      (await daemon.api.call("apps.list", {})).find((each) => each.name === name);
    await daemon.until("it is checked", async () => (await row("checked"))?.health === "healthy");
    const before = daemon.programs().filter(({ app }) => app !== "obeying");

    strace = await withoutMemory([daemon.pid ?? 0, daemon.keeperPid()]);
    // Each is traced, and so takes a tenth of a second or more.
    const failures = scaled(50, 300);
    await daemon.api.call("apps.start", { targets: [{ project: "shop", name: "web" }] });
    await daemon.until(
      "so many starts failed",
      async () => ((await row("web"))?.restarts ?? 0) >= failures,
      250_000,
    );
    expect((await row("web"))?.lastError).toContain("ENOMEM");
    await daemon.until("checks fail too", async () => (await row("checked"))?.health === "unhealthy");
    const stops = await daemon.api.call("apps.stop", { targets: [{ project: "shop", name: "obeying" }] });
    const [stop] = await daemon.api.call("operations.wait", { ids: stops.map(({ id }) => id) });
    expect(stop).toMatchObject({ state: "done" });
    expect(daemon.isDead).toBe(false);

    strace.kill("SIGTERM");
    await once(strace, "exit");
    await daemon.until("it runs", async () => (await row("web"))?.state === "running");
    await daemon.until("it is well", async () => (await row("checked"))?.health === "healthy");
    expect(daemon.programs().filter(({ app }) => app !== "web" && app !== "obeying")).toEqual(before);
    console.log(
      `F7: ${failures} starts, and all checks and stop commands meanwhile, failed with ENOMEM: 0 daemon exits, longest gap of another app ${longestGapMs(daemon)} ms`,
    );
  } finally {
    strace?.kill("SIGKILL");
    await daemon.remove();
  }
});

/** Whatever these processes have executed from now on fails, until the one that is returned ends. */
async function withoutMemory(pids: readonly number[]): Promise<ChildProcess> {
  const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`));
  const inject = ["-e", "trace=execve", "-e", "inject=execve:error=ENOMEM"];
  const args = ["-f", "-qq", "-o", "/dev/null", ...inject, ...threads.flatMap((thread) => ["-p", thread])];
  const strace = spawn("strace", args, { stdio: "ignore" });
  await once(strace, "spawn");
  const isTraced = (thread: string): boolean =>
    readFileSync(`/proc/${thread}/status`, "latin1").includes(`TracerPid:\t${strace.pid}\n`);
  while (!threads.every(isTraced) && strace.exitCode === null) await systemClock.sleep(5);
  return strace;
}
