import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Launcher, openLauncher } from "../src/launcher/index.ts";
import { type CgroupHome, openCgroupHome } from "../src/process/cgroup.ts";
import { ProcessScanner } from "../src/process/proc-scan.ts";
import { ProcessTree } from "../src/process/process-tree.ts";
import { type StopOptions, type StopOutcome, stopTree } from "../src/process/stop-tree.ts";
import { RunDirectory } from "../src/run-directory.ts";
import { removeHome } from "../src/testing/remove-home.ts";
import { atBest } from "./running-program.ts";

const name = `test-${process.pid}`;
const programs = new URL("./programs/", import.meta.url).pathname;
/** More than one try may be needed, on a machine that is busy. */
const timed = { timeout: 60_000 };
const haveCgroups = openCgroupHome(name, {})?.remove() ?? false;

describe.each(haveCgroups ? ["cgroup", "scan"] : ["scan"])("a tree found by %s", (how) => {
  let home: string;
  let runs: RunDirectory;
  let launcher: Launcher;
  let cgroups: CgroupHome | undefined;
  const scanner = new ProcessScanner();
  const trees: ProcessTree[] = [];
  let count = 0;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "holdfast-tree-"));
    runs = new RunDirectory(join(home, "run"), { clock: systemClock });
    launcher = await openLauncher({ runDirectory: runs, clock: systemClock });
    cgroups = openCgroupHome(name, how === "cgroup" ? {} : { HOLDFAST_CGROUP: "off" });
    expect(cgroups !== undefined).toBe(how === "cgroup");
  });

  afterEach(async () => {
    for (const tree of trees.splice(0)) expect(await tree.kill()).toEqual([]);
  });

  afterAll(async () => {
    await launcher[Symbol.asyncDispose]();
    runs.close();
    for (const cookie of cgroups?.list() ?? []) await cgroups?.find(cookie)?.remove(systemClock);
    if (cgroups) expect(cgroups.remove()).toBe(true);
    removeHome(home);
  });

  /** Starts a program and waits until its tree has that many processes. */
  async function start(
    argv: readonly [string, ...string[]],
    size: number,
  ): Promise<{ tree: ProcessTree; exited: Promise<unknown>; output: string }> {
    const cookie = `tree-${how}-${++count}`;
    const output = join(home, `${cookie}.log`);
    const cgroup = cgroups?.create(cookie);
    const env = { PATH: "/usr/bin:/bin" };
    const leader = await launcher.launch({
      cookie,
      argv,
      cwd: programs,
      env,
      output,
      ...(cgroup && { cgroups: [cgroup.path] }),
    });
    const tree = new ProcessTree({ cookie, leader, scanner, clock: systemClock, ...(cgroup && { cgroup }) });
    trees.push(tree);
    const patient = { interval: 5, timeout: 10_000 };
    // Our own programs say when the last of them is where it wants to be.
    const ready = argv[1]?.includes(".") ? "ready\n" : "";
    await expect.poll(() => readFileSync(output, "utf8"), patient).toBe(ready);
    await expect.poll(() => tree.processes(), patient).toHaveLength(size);
    return { tree, exited: runs.exited(cookie), output };
  }

  async function stop(
    tree: ProcessTree,
    exited: Promise<unknown>,
    more: Partial<StopOptions> = {},
  ): Promise<{ outcome: StopOutcome; tookMs: number }> {
    const before = performance.now();
    const options = { signal: "SIGTERM", graceMs: 300, clock: systemClock, exited, ...more };
    const outcome = await stopTree(tree, options);
    return { outcome, tookMs: performance.now() - before };
  }

  const stubborn: readonly [string, readonly [string, ...string[]], number][] = [
    ["a program that ignores SIGTERM", ["sh", "ignores-term.sh"], 2],
    ["a grandchild in a session of its own", ["sh", "setsid-grandchild.sh"], 3],
    ["a double fork", ["perl", "double-fork.pl"], 2],
    ["a child that does not obey when its leader does", ["sh", "child-does-not-obey.sh"], 3],
  ];

  test.each(stubborn)("%s is gone when its grace is over, and not later", timed, async (_, argv, size) => {
    const ms = await atBest(550, async () => {
      const { tree, exited } = await start(argv, size);
      const before = await tree.processes();
      const { outcome, tookMs } = await stop(tree, exited);
      expect(outcome).toEqual({ killed: true, survivors: [] });
      expect(tookMs).toBeGreaterThan(299);
      expect(await tree.isEmpty()).toBe(true);
      expect(before.filter(running)).toEqual([]);
      return tookMs;
    });
    expect(ms).toBeLessThan(550);
  });

  test("a child without the session, the environment and the cookie is found by its parent", async () => {
    const { tree } = await start(["sh", "forgets-cookie.sh"], 2);
    const before = await tree.processes();
    expect(await tree.kill()).toEqual([]);
    expect(before.filter(running)).toEqual([]);
  });

  test("a program that obeys is not kept waiting", timed, async () => {
    const ms = await atBest(200, async () => {
      const { tree, exited } = await start(["sleep", "1000"], 1);
      const { outcome, tookMs } = await stop(tree, exited, { graceMs: 10_000 });
      expect(outcome).toEqual({ killed: false, survivors: [] });
      return tookMs;
    });
    expect(ms).toBeLessThan(200);
  });

  test("what a leader leaves behind has the rest of the grace", async () => {
    const { tree, exited, output } = await start(["sh", "child-is-slow.sh"], 2);
    const { outcome } = await stop(tree, exited, { graceMs: 5_000 });
    expect(outcome).toEqual({ killed: false, survivors: [] });
    expect(readFileSync(output, "utf8")).toBe("ready\nfinished\n");
  });

  test("a suspended program stops all the same", timed, async () => {
    const ms = await atBest(200, async () => {
      const { tree, exited } = await start(["sleep", "1000"], 1);
      process.kill(tree.leader.pid, "SIGSTOP");
      const { outcome, tookMs } = await stop(tree, exited, { graceMs: 10_000 });
      expect(outcome.killed).toBe(false);
      return tookMs;
    });
    expect(ms).toBeLessThan(200);
  });

  test("a stop ends although nobody says that the leader did", timed, async () => {
    const ms = await atBest(300, async () => {
      const { tree } = await start(["sleep", "1000"], 1);
      const { outcome, tookMs } = await stop(tree, new Promise(() => {}), { graceMs: 10_000 });
      expect(outcome.killed).toBe(false);
      return tookMs;
    });
    expect(ms).toBeLessThan(300);
  });

  test("hurry ends the grace", timed, async () => {
    const ms = await atBest(300, async () => {
      const { tree, exited } = await start(["sh", "ignores-term.sh"], 2);
      const hurry = new ShutdownToken();
      systemClock.setTimeout(() => hurry.cancel({ kind: "user-requested" }), 50);
      const { outcome, tookMs } = await stop(tree, exited, { graceMs: 60_000, hurry });
      expect(outcome).toEqual({ killed: true, survivors: [] });
      return tookMs;
    });
    expect(ms).toBeLessThan(300);
  });

  test("a signal to the leader alone does not reach its children", async () => {
    const { tree, exited } = await start(["sh", "child-does-not-obey.sh"], 3);
    const [leader] = await tree.processes();
    expect(leader).toBe(tree.leader.pid);
    await tree.signal("SIGUSR1", { leaderOnly: true });
    await exited;
    expect(await tree.processes()).toHaveLength(2);
    expect(tree.leaderRuns).toBe(false);
  });

  test("a command can ask instead of a signal", async () => {
    const { tree, exited } = await start(["sleep", "1000"], 1);
    const ask = () => {
      process.kill(tree.leader.pid, "SIGINT");
      throw new Error("the command failed");
    };
    const { outcome } = await stop(tree, exited, { graceMs: 5_000, ask });
    expect(outcome.killed).toBe(false);
  });

  test("a signal that does not exist is refused", async () => {
    const { tree } = await start(["sleep", "1000"], 1);
    await expect(tree.signal("SIGNOTHING")).rejects.toThrow(TypeError);
  });

  test("a tree is emptied once its last process is gone", async () => {
    const go = join(home, `go-${how}`);
    const script = 'while [ ! -e "$1" ]; do sleep 0.01; done & exit 0';
    const { tree, exited } = await start(["sh", "-c", script, "sh", go], 1);
    await exited;
    expect(await tree.isEmpty()).toBe(false);
    const emptied = tree.emptied();
    writeFileSync(go, "");
    expect(await emptied).toBe(true);
    expect(await tree.isEmpty()).toBe(true);
    const token = new ShutdownToken();
    token.cancel({ kind: "requested-by-run" });
    expect(await tree.emptied(token)).toBe(true);
  });
});

function running(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
