import { randomUUID } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLimitHome } from "@holdfast/platform";
import { afterEach, describe, expect, test } from "vitest";
import type { AppLimits, AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { processesWith, type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const mark = `HOLDFAST_TEST=${randomUUID()}`;
const environment = { PATH: process.env["PATH"] ?? "", HOLDFAST_TEST: mark.split("=")[1] ?? "" };
const sh = (script: string): Pick<AppSpec, "command" | "environment"> => ({
  command: { kind: "shell", script, shell: ["/bin/sh", "-c"] },
  environment,
});
/** Takes memory until there is no more, 8 MiB at a time. */
const glutton = "perl -e 'my @kept; while (1) { push @kept, \"x\" x (8 << 20) }'";
const limits = (more: Partial<AppLimits>): Pick<AppSpec, "limits"> => ({
  limits: { enforce: "require", ...more },
});
const mebibyte = 1024 * 1024;

const probed = openLimitHome(`probe-${process.pid}`, {}, undefined);
const canLimit = probed.has("memoryBytes") && probed.has("cpus") && probed.has("pids");
probed.remove();

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
const warnings = ({ daemon }: RealDaemon): readonly string[] =>
  daemon.events
    .read(0)
    .filter(({ type }) => type === "warning")
    .map(({ message }) => message);

describe.runIf(canLimit)("where this machine can limit", () => {
  test("F8: an app that is killed for its memory is told as oom, and only it is restarted", async () => {
    const real = await open();
    const beats = join(real.directory, "beats");
    const beat = `while true; do date +%s%3N >> ${beats}; sleep 0.05; done`;
    const backoff = { initialMs: 100, maxMs: 100, factor: 1 };
    real.daemon.apply(
      projectSpec([
        appSpec("calm", { ...sh(beat), ...limits({ memoryBytes: 64 * mebibyte }) }),
        appSpec("greedy", {
          ...sh(`exec ${glutton}`),
          ...limits({ memoryBytes: 48 * mebibyte }),
          restart: { when: "on-failure", maxRestarts: 2, backoff },
        }),
      ]),
    );
    await inState(real, "calm", "running");
    const calm = row(real, "calm")?.pid;
    await inState(real, "greedy", "failed");
    expect(row(real, "greedy")).toMatchObject({
      restarts: 2,
      exit: { code: null, signal: "SIGKILL", oom: true },
      limits: { memoryBytes: 48 * mebibyte, notEnforced: [] },
    });
    expect(row(real, "greedy")?.lastError).toContain(
      "was killed by SIGKILL (oom: its memory limit was reached)",
    );
    expect(row(real, "calm")).toMatchObject({ state: "running", pid: calm, restarts: 0 });
    const times = readFileSync(beats, "utf8").trim().split("\n").map(Number);
    const gap = Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? time)));
    console.log(`F8: longest gap of the other app: ${gap} ms (target 300)`);
    expect(gap).toBeLessThan(2_000);
  });

  test("a leader that ends because its child was killed for memory is told as oom too", async () => {
    const real = await open();
    real.daemon.apply(
      projectSpec([
        appSpec("parent", { ...sh(`${glutton}; exit 5`), ...limits({ memoryBytes: 48 * mebibyte }) }),
      ]),
    );
    await inState(real, "parent", "failed");
    expect(row(real, "parent")?.exit).toEqual({ code: 5, signal: null, oom: true });
    expect(row(real, "parent")?.lastError).toBe("exited with code 5 (oom: its memory limit was reached)");
  });

  test("an app that dies by SIGKILL without having used up its memory is no oom", async () => {
    const real = await open();
    const app = appSpec("killed", { ...sh("kill -KILL $$"), ...limits({ memoryBytes: 48 * mebibyte }) });
    real.daemon.apply(projectSpec([app]));
    await inState(real, "killed", "failed");
    expect(row(real, "killed")?.exit).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("F8: an oom that no daemon saw is told by the next one", async () => {
    const first = await realDaemon();
    const script = `while [ ! -e go ]; do sleep 0.01; done; exec ${glutton}`;
    const app = appSpec("greedy", {
      ...sh(script),
      workingDir: first.directory,
      ...limits({ memoryBytes: 48 * mebibyte }),
    });
    first.daemon.apply(projectSpec([app]));
    await inState(first, "greedy", "running");
    await first.abandon();
    writeFileSync(join(first.directory, "go"), "");
    await until(
      () => processesWith(mark).length === 0,
      () => processesWith(mark).join("\n"),
    );
    const second = await open({ directory: first.directory });
    await inState(second, "greedy", "failed");
    expect(row(second, "greedy")?.exit).toEqual({ code: null, signal: "SIGKILL", oom: true });
  });

  test.each([
    ["the usual limit", {}],
    ["a limit of its own", limits({ pids: 64 })],
  ])("F13: a fork bomb is contained by %s, and its stop is quick", { timeout: 120_000 }, async (_, more) => {
    const real = await open();
    const before = process.memoryUsage().rss;
    // Each of them does the same, and rests for a moment where it may not.
    const bomb = `exec perl -e '$SIG{TERM} = "IGNORE"; while (1) { next if defined fork; print STDERR "no fork\\n"; sleep 1 }'`;
    real.daemon.apply(
      projectSpec([
        appSpec("bomb", {
          ...sh(bomb),
          ...more,
          stop: { signal: "SIGTERM", graceMs: 500, leaderOnly: false },
        }),
      ]),
    );
    await inState(real, "bomb", "running");
    const most = more.limits?.pids ?? 512;
    // On its way there it takes what there is of the processors.
    const output = join(real.directory, "apps/shop/bomb/1.log");
    await until(
      () => readFileSync(output, "latin1").includes("no fork"),
      () => `${processesWith(mark).length} processes, and none was refused`,
      100_000,
    );
    const seen = processesWith(mark).length;
    const asked = performance.now();
    const [operation] = real.daemon.stop([{ project: "shop", name: "bomb" }]);
    await real.daemon.operations.wait([operation?.id ?? ""]);
    const took = performance.now() - asked;
    const grown = Math.round((process.memoryUsage().rss - before) / mebibyte);
    console.log(
      `F13: ${seen} processes of at most ${most}; stop ${Math.round(took)} ms (target 2000); RSS +${grown} MiB`,
    );
    expect(seen).toBeLessThanOrEqual(most);
    expect(seen).toBeGreaterThan(most / 2);
    expect(processesWith(mark)).toEqual([]);
    expect(took).toBeLessThan(2_000);
  });

  test("a quarter of a processor is a quarter of one", async () => {
    const real = await open();
    real.daemon.apply(
      projectSpec([appSpec("busy", { ...sh("while :; do :; done"), ...limits({ cpus: 0.25 }) })]),
    );
    await inState(real, "busy", "running");
    const pid = row(real, "busy")?.pid ?? 0;
    const ticks = (): number => {
      const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
      return Number(fields[11]) + Number(fields[12]);
    };
    const [from, at] = [ticks(), performance.now()];
    await until(
      () => ticks() - from >= 30,
      () => `it used ${ticks() - from} ticks`,
    );
    const share = ((ticks() - from) * 10) / (performance.now() - at);
    console.log(`busy used ${share.toFixed(2)} of a processor, at most 0.25`);
    expect(share).toBeLessThan(0.4);
  });

  test("the groups of ended runs are gone", async () => {
    const real = await open();
    real.daemon.apply(
      projectSpec([appSpec("job", { ...sh("cat /proc/self/cgroup"), ...limits({ pids: 9 }) })]),
    );
    await inState(real, "job", "completed");
    const lines = await real.daemon.logs.read(real.daemon.logSources([{ project: "shop" }]), {});
    const path = /^\d+:pids:(.*)$/.exec(lines.find(({ text }) => text.includes(":pids:"))?.text ?? "")?.[1];
    expect(path).toMatch(/\/holdfast-.*\/[0-9a-f-]{36}$/);
    expect(statSync(`/sys/fs/cgroup/pids${path}`, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe("where nothing can be limited", () => {
  test("an app that requires its limits is not started, and says which", async () => {
    const real = await open({ cgroups: false });
    const app = appSpec("strict", {
      ...sh("sleep 1000"),
      ...limits({ memoryBytes: 64 * mebibyte, pids: 10 }),
    });
    real.daemon.apply(projectSpec([app]));
    await inState(real, "strict", "failed");
    expect(row(real, "strict")?.lastError).toBe(
      "its memory and pids limits are not enforced: the daemon may not use such cgroups here, and limits.enforce is require",
    );
    expect(processesWith(mark)).toEqual([]);
  });

  test("another one runs with one warning, and its row says what is not enforced", async () => {
    const real = await open({ cgroups: false });
    const lax = { limits: { cpus: 1, enforce: "warn" } } as const;
    real.daemon.apply(projectSpec([appSpec("lax", { ...sh("sleep 1000"), ...lax, replicas: 2 })]));
    await inState(real, "lax", "running");
    await until(
      () => real.daemon.list().every(({ state }) => state === "running"),
      () => JSON.stringify(real.daemon.list()),
    );
    const [operation] = real.daemon.restart([{ project: "shop", name: "lax" }]);
    await real.daemon.operations.wait([operation?.id ?? ""]);
    expect(row(real, "lax")?.limits).toEqual({ cpus: 1, notEnforced: ["cpus"] });
    expect(warnings(real)).toEqual([
      "lax: its cpus limit is not enforced: the daemon may not use such a cgroup here",
    ]);
  });

  test("an app that asks for nothing is not warned of", async () => {
    const real = await open({ cgroups: false });
    real.daemon.apply(projectSpec([appSpec("plain", sh("sleep 1000"))]));
    await inState(real, "plain", "running");
    expect(row(real, "plain")?.limits).toBeNull();
    expect(warnings(real)).toEqual([]);
  });
});
