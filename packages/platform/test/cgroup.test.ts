import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterEach, describe, expect, test } from "vitest";
import { type CgroupHome, openCgroupHome } from "../src/process/cgroup.ts";

const name = `cgroup-test-${process.pid}`;
const available = openCgroupHome(name, {})?.remove() ?? false;

test("HOLDFAST_CGROUP=off means that there are none", () => {
  expect(openCgroupHome(name, { HOLDFAST_CGROUP: "off" })).toBeUndefined();
});

describe.runIf(available)("where cgroups can be made", () => {
  let home: CgroupHome | undefined;

  afterEach(() => {
    home?.remove();
  });

  function open(): CgroupHome {
    home = openCgroupHome(name, {});
    if (!home) throw new Error("no cgroups");
    return home;
  }

  test("the probe leaves nothing behind", () => {
    expect(open().list()).toEqual([]);
  });

  test("a run's cgroup is found again, and removed with those that its program made below it", async () => {
    const place = open();
    const cgroup = place.create("a");
    const below = place.create(join("a", "below", "deep"));
    expect(cgroup.populated).toBe(false);
    expect(below.processes()).toEqual([]);
    expect(place.find("a")?.path).toBe(cgroup.path);
    expect(place.list()).toEqual(["a"]);
    expect(place.remove()).toBe(false);
    expect(await cgroup.remove(systemClock)).toBe(true);
    expect(existsSync(cgroup.path)).toBe(false);
    expect(await cgroup.remove(systemClock)).toBe(true);
    expect(place.remove()).toBe(true);
  });

  test("a run that has none, or whose process is in another's, has none", () => {
    const place = open();
    expect(place.find("b")).toBeUndefined();
    expect(place.find("b", process.pid)).toBeUndefined();
  });

  test("a daemon in a cgroup of the name that systemd gave it has its runs beside itself", async () => {
    const above = open().create("above");
    const within = home?.create(join("above", "holdfast-daemon"));
    const program = `import { openCgroupHome } from ${JSON.stringify(new URL("../src/process/cgroup.ts", import.meta.url).pathname)};
      const home = openCgroupHome("x", {}); console.log(home?.path); home?.remove();`;
    const script = `echo 0 > ${within?.path}/cgroup.procs; exec ${process.execPath} --input-type=module -e '${program}'`;
    const path = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).trim();
    expect(path).toBe(join(above.path, "holdfast-x"));
    expect(await above.remove(systemClock)).toBe(true);
  });

  test("one that is gone is empty", () => {
    const cgroup = open().create("c");
    expect(home?.find("c")?.processes()).toEqual([]);
    void cgroup.remove(systemClock);
    expect(cgroup.populated).toBe(false);
  });
});
