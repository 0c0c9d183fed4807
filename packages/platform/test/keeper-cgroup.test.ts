import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KEEPER_PROGRAM } from "../src/launcher/keeper-program.ts";
import { encodeFrame } from "../src/launcher/launch-frame.ts";
import { type Cgroup, type CgroupHome, openCgroupHome } from "../src/process/cgroup.ts";
import { RunDirectory } from "../src/run-directory.ts";
import { removeHome } from "../src/testing/remove-home.ts";

const clone3 = 435;
const v1 = "/sys/fs/cgroup/pids";
const name = `keeper-cgroup-test-${process.pid}`;
const haveCgroups = openCgroupHome(name, {})?.remove() ?? false;
const traces = haveCgroups && spawnSync("strace", ["-qf", "true"]).status === 0;
let home: string;
let runs: RunDirectory;
let cgroups: CgroupHome | undefined;
let cgroup: Cgroup | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "holdfast-keeper-"));
  runs = new RunDirectory(join(home, "run"), { clock: systemClock, pollMs: 50 });
  cgroups = openCgroupHome(name, {});
  cgroup = cgroups?.create("a");
});

afterEach(async () => {
  runs.close();
  removeHome(home);
  await cgroup?.remove(systemClock);
  cgroups?.remove();
});

/** What a program that the keeper starts in these cgroups says of its own; `before` is what starts the keeper. */
async function ownCgroups(paths: readonly string[], clone: number, before: string[] = []): Promise<string> {
  const output = join(home, "log");
  const [first = "", ...others] = [
    ...before,
    ...["/usr/bin/perl", "-e", KEEPER_PROGRAM, runs.path, ...Array<string>(7).fill("0"), String(clone)],
  ];
  const keeper = spawn(first, others, { env: {}, stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise((resolve) => keeper.once("exit", resolve));
  const argv = ["cat", "/proc/self/cgroup"] as const;
  const env = { PATH: "/usr/bin:/bin" };
  keeper.stdin?.write(encodeFrame({ cookie: "a", argv, cwd: home, env, output, cgroups: paths }));
  const exit = await runs.exited("a");
  keeper.stdin?.end();
  expect([exit, await ended]).toEqual([{ kind: "exited", code: 0 }, 0]);
  return readFileSync(output, "utf8");
}

const inIt = new RegExp(`^0::.*/holdfast-${name}/a$`, "m");

test.runIf(traces)(
  `an app is born in its cgroup, and no process is moved${traces ? "" : " (skipped: needs cgroups, strace)"}`,
  async () => {
    const trace = join(home, "trace");
    const strace = ["/usr/bin/strace", "-qf", "-o", trace, "-e", "trace=clone3,openat"];
    const ofV1 = existsSync(v1) ? mkdtempSync(join(v1, `${name}-`)) : undefined;
    try {
      const paths = [cgroup?.path ?? "", ...(ofV1 === undefined ? [] : [ofV1])];
      const said = await ownCgroups(paths, clone3, strace);
      expect(said).toMatch(inIt);
      if (ofV1 !== undefined) expect(said).toMatch(new RegExp(`:pids:/${name}-`));
      const calls = readFileSync(trace, "utf8");
      expect(calls).toContain("CLONE_INTO_CGROUP");
      expect(calls).not.toContain("cgroup.procs");
    } finally {
      if (ofV1 !== undefined) rmdirSync(ofV1);
    }
  },
);

test.runIf(haveCgroups)("an app is moved to its cgroup where the system call is not known", async () => {
  expect(await ownCgroups([cgroup?.path ?? ""], 0)).toMatch(inIt);
});

test.runIf(haveCgroups && existsSync(v1))(
  "a cgroup of v1, in which none can be born, is joined",
  async () => {
    expect(await ownCgroups([v1, cgroup?.path ?? ""], clone3)).toMatch(inIt);
    expect(readFileSync(join(home, "log"), "utf8")).toMatch(/:pids:\/$/m);
  },
);

test.runIf(haveCgroups)("an app is born in the first of its cgroups, and moved to the others", async () => {
  const other = cgroups?.create("b");
  try {
    expect(await ownCgroups([other?.path ?? "", cgroup?.path ?? ""], clone3)).toMatch(inIt);
  } finally {
    await other?.remove(systemClock);
  }
});
