import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterEach, describe, expect, test } from "vitest";
import { openCgroupHome } from "../src/process/cgroup.ts";
import { delegateController, type LimitHome, openLimitHome } from "../src/process/limit-home.ts";
import { limitWrites } from "../src/process/limits.ts";

const name = `limit-test-${process.pid}`;
const mebibyte = 1024 * 1024;

test("each limit is written to the files of its version of cgroups", () => {
  expect(limitWrites("memoryBytes", 64 * mebibyte, 2)).toEqual([
    { file: "memory.max", text: "67108864" },
    { file: "memory.swap.max", text: "0", optional: true },
  ]);
  expect(limitWrites("memoryBytes", 64 * mebibyte, 1)).toEqual([
    { file: "memory.limit_in_bytes", text: "67108864" },
    { file: "memory.memsw.limit_in_bytes", text: "67108864", optional: true },
  ]);
  expect(limitWrites("cpus", 0.5, 2)).toEqual([{ file: "cpu.max", text: "50000 100000" }]);
  expect(limitWrites("cpus", 1.5, 1)).toEqual([
    { file: "cpu.cfs_period_us", text: "100000" },
    { file: "cpu.cfs_quota_us", text: "150000" },
  ]);
  // The kernel takes no less.
  expect(limitWrites("cpus", 0.001, 2)).toEqual([{ file: "cpu.max", text: "1000 100000" }]);
  expect(limitWrites("pids", 7, 2)).toEqual(limitWrites("pids", 7, 1));
});

test("with HOLDFAST_CGROUP=off nothing can be limited, and all that is asked for is missing", () => {
  const home = openLimitHome(name, { HOLDFAST_CGROUP: "off" }, undefined);
  const { group, missing } = home.create("a", { memoryBytes: 64 * mebibyte, pids: 5 });
  expect(missing).toEqual(["memoryBytes", "pids"]);
  expect(group.paths).toEqual([]);
  expect(group.oomKills).toBe(0);
});

describe("with what this machine has", () => {
  const cgroups = openCgroupHome(name, {});
  const probed = openLimitHome(name, {}, cgroups);
  const can = (limit: "memoryBytes" | "cpus" | "pids"): boolean => probed.has(limit);
  cgroups?.remove();
  probed.remove();
  let home: LimitHome | undefined;
  const children: ChildProcess[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      await systemClock.sleep(20);
    }
    home?.remove();
    openCgroupHome(name, {})?.remove();
  });

  function open(): LimitHome {
    home = openLimitHome(name, {}, openCgroupHome(name, {}));
    return home;
  }

  test.runIf(can("memoryBytes") && can("cpus") && can("pids"))(
    "a run's limits are in force, are found again, and leave nothing behind",
    async () => {
      const opened = open();
      const { group, missing } = opened.create("run", { memoryBytes: 64 * mebibyte, cpus: 0.5, pids: 5 });
      expect(missing).toEqual([]);
      const values = group.paths.flatMap((path) =>
        ["memory.limit_in_bytes", "cpu.cfs_quota_us", "pids.max"]
          .filter((file) => existsSync(join(path, file)))
          .map((file) => readFileSync(join(path, file), "latin1").trim()),
      );
      expect(values.sort()).toEqual(["5", "50000", "67108864"]);
      expect([...opened.find("run").paths].sort()).toEqual([...group.paths].sort());
      await group.remove(systemClock);
      expect(group.paths.filter((path) => existsSync(path))).toEqual([]);
      expect(opened.find("run").paths).toEqual([]);
    },
  );

  test.runIf(can("pids"))("a limit that the kernel refuses is missing, and the others hold", async () => {
    const { group, missing } = open().create("odd", { pids: 99_999_999_999, cpus: 1 });
    expect(missing).toEqual(["pids"]);
    expect(group.paths.every((path) => !path.includes("/pids/"))).toBe(true);
    await group.remove(systemClock);
  });

  test.runIf(can("pids"))("forks beyond the limit are refused and counted", async () => {
    const { group } = open().create("forks", { pids: 3 });
    const script = `${group.paths.map((path) => `echo 0 > ${path}/cgroup.procs`).join("; ")}
      for i in 1 2 3 4 5 6; do sleep 2 & done; wait`;
    const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore", detached: true });
    children.push(child);
    for (let looks = 0; group.refusedForks === 0 && looks < 500; looks++) await systemClock.sleep(10);
    expect(group.refusedForks).toBeGreaterThan(0);
    for (const pid of group.paths.flatMap((path) =>
      readFileSync(join(path, "cgroup.procs"), "latin1").trim().split("\n"),
    )) {
      if (pid !== "") process.kill(Number(pid), "SIGKILL");
    }
    await group.remove(systemClock);
    expect(group.paths.filter((path) => existsSync(path))).toEqual([]);
  });
});

const unified = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) =>
  existsSync(join(path, "cgroup.controllers")),
);
// Any controller will do: which ones v2 has depends on what v1 took.
const controller =
  unified && readFileSync(join(unified, "cgroup.controllers"), "latin1").trim().split(" ")[0];
const atRoot = /^0::\/$/m.test(readFileSync("/proc/self/cgroup", "latin1"));

describe.runIf(unified !== undefined && controller !== "" && atRoot && process.getuid?.() === 0)(
  "a controller of v2",
  () => {
    const control = join(unified ?? "", "cgroup.subtree_control");
    const base = join(unified ?? "", name);
    const had = unified !== undefined && readFileSync(control, "latin1").includes(controller ?? "-");

    afterEach(() => {
      for (const path of [join(base, "home", "run"), join(base, "home"), base]) {
        if (existsSync(path)) rmdirSync(path);
      }
      if (!had) writeFileSync(control, `-${controller}`);
    });

    test("is handed down to the runs where the parent was given it", () => {
      mkdirSync(base);
      expect(delegateController(join(base, "home"), controller ?? "")).toBe(false);
      writeFileSync(control, `+${controller}`);
      expect(delegateController(join(base, "home"), controller ?? "")).toBe(true);
      mkdirSync(join(base, "home", "run"));
      expect(readFileSync(join(base, "home", "run", "cgroup.controllers"), "latin1").trim()).toBe(controller);
      expect(delegateController(join(base, "home"), "no-such")).toBe(false);
    });

    test("is not where the parent has processes of its own", async () => {
      mkdirSync(base);
      writeFileSync(control, `+${controller}`);
      const child = spawn("sleep", ["100"], { stdio: "ignore" });
      try {
        writeFileSync(join(base, "cgroup.procs"), String(child.pid));
        expect(delegateController(join(base, "home"), controller ?? "")).toBe(false);
      } finally {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await gone;
      }
    });
  },
);
