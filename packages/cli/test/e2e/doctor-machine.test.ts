/** Machines that are not as they should be: each in a mount namespace of its own, which ends with the command. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import { bin, Holdfast } from "./holdfast.ts";

const canMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/** What doctor says on a machine that was changed so, by check. `@` is the home. */
async function found(holdfast: Holdfast, setUp: string): Promise<Readonly<Record<string, Finding>>> {
  const script = join(holdfast.root, "look.sh");
  const run = `cd ${holdfast.root}; exec "${process.execPath}" "${bin}" doctor --json`;
  writeFileSync(script, `set -e\n${setUp.replaceAll("@", holdfast.home)}\n${run}\n`);
  const { out, err } = await holdfast.shell(`exec unshare -m /bin/sh ${script}`).ended;
  expect(err).toBe("");
  return Object.fromEntries((JSON.parse(out) as readonly Finding[]).map((each) => [each.check, each]));
}

describe.skipIf(!canMount)(canMount ? "a machine" : "skipped: needs a mount namespace", () => {
  test("with a home that cannot be written, and then one with little room", async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    mkdirSync(holdfast.home, { mode: 0o700 });
    const fixed = await found(holdfast, "mount -t tmpfs -o size=64m,mode=700 none @; mount -o remount,ro @");
    expect(fixed["home"]).toMatchObject({
      level: "problem",
      text: `${holdfast.home} cannot be written`,
      remedy: `findmnt -T ${holdfast.home}`,
    });
    expect(fixed["disk"]).toMatchObject({
      level: "warning",
      text: expect.stringMatching(/^6[34] MiB free of 64 MiB /),
      remedy: expect.stringMatching(/^du -xsh /),
    });
    const roomy = await found(holdfast, "mount -t tmpfs -o size=600m,mode=700 none @");
    expect([roomy["home"]?.level, roomy["disk"]?.level]).toEqual(["ok", "ok"]);
    expect(roomy["log space"]).toMatchObject({ level: "ok" });
  });

  test("with a file system that makes no holes, or without the command to try", async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    mkdirSync(holdfast.home, { mode: 0o700 });
    expect((await found(holdfast, "mount -t ramfs -o mode=700 none @"))["log space"]).toMatchObject({
      level: "warning",
      text: expect.stringContaining("makes no holes"),
      remedy: "put HOLDFAST_HOME on ext4, xfs, btrfs or tmpfs",
    });
    expect((await found(holdfast, "export PATH=/nowhere"))["log space"]).toMatchObject({
      level: "warning",
      text: expect.stringContaining("fallocate is not installed"),
      remedy: "sudo apt install util-linux",
    });
  });

  test("with few inotify instances, or few watches", async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    const limits = (instances: number, watches: number): string =>
      Object.entries({ instances, watches })
        .map(([name, value]) => {
          const file = join(holdfast.root, name);
          return `echo ${value} > ${file}; mount --bind ${file} /proc/sys/fs/inotify/max_user_${name}`;
        })
        .join("\n");
    expect((await found(holdfast, limits(8, 65_536)))["inotify"]).toMatchObject({
      level: "warning",
      text: expect.stringMatching(/of 8 instances are in use/),
      remedy: "sudo sysctl fs.inotify.max_user_instances=1024",
    });
    expect((await found(holdfast, limits(100_000, 100)))["inotify"]).toMatchObject({
      level: "warning",
      remedy: "sudo sysctl fs.inotify.max_user_watches=65536",
    });
    expect((await found(holdfast, limits(100_000, 65_536)))["inotify"]).toMatchObject({ level: "ok" });
  });

  test("without cgroups of version 2, and with some that are not delegated", async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    expect((await found(holdfast, "mount -t tmpfs none /sys/fs/cgroup"))["cgroups"]).toMatchObject({
      level: "warning",
      text: "there is no cgroup of version 2 here",
    });
    const own = "own=/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)";
    const delegated = `${own}; mount -t tmpfs none /sys/fs/cgroup; mkdir -p "$own"; touch /sys/fs/cgroup/cgroup.controllers "$own/cgroup.procs"`;
    expect((await found(holdfast, delegated))["cgroups"]).toMatchObject({ level: "ok" });
    const kept = `${delegated}; mount -o remount,ro /sys/fs/cgroup`;
    expect((await found(holdfast, kept))["cgroups"]).toMatchObject({
      level: "warning",
      text: expect.stringContaining("is not delegated to you"),
      remedy: "systemd-run --user --scope -p Delegate=yes holdfast daemon start",
    });
  });

  test("with systemd: no unit, one that needs lingering, and one that is all right", async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    const systemd = `export HOME=${holdfast.root} USER=nobody-here; mount -t tmpfs none /run; mkdir -p /run/systemd/system`;
    expect((await found(holdfast, systemd))["systemd"]).toMatchObject({
      level: "ok",
      text: expect.stringContaining("no unit is installed"),
    });
    const units = join(holdfast.root, ".config/systemd/user");
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, "holdfast.service"), "");
    expect((await found(holdfast, systemd))["systemd"]).toMatchObject({
      level: "warning",
      text: expect.stringContaining("runs only while nobody-here is logged in"),
      remedy: "loginctl enable-linger",
    });
    const linger = `${systemd}; mount -t tmpfs none /var/lib; mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/nobody-here`;
    expect((await found(holdfast, linger))["systemd"]).toMatchObject({
      level: "ok",
      text: `${join(units, "holdfast.service")} is installed`,
    });
  });

  test("with systemd and a daemon that nothing starts again: a unit is to be installed", async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    await holdfast.run("daemon", "start");
    const systemd = `export HOME=${holdfast.root}; mkdir -p ${holdfast.root}/run/systemd/system; mount --rbind ${holdfast.root}/run /run`;
    expect((await found(holdfast, systemd))["systemd"]).toMatchObject({
      level: "warning",
      remedy: expect.stringContaining("holdfast daemon unit > "),
    });
  });
});

test("a daemon that holds the home and does not answer; its remedy makes it right", async () => {
  const holdfast = new Holdfast({ "notes.txt": "" });
  await holdfast.run("daemon", "start");
  const { pid } = JSON.parse((await holdfast.run("daemon", "status", "--json")).out) as { pid: number };
  process.kill(pid, "SIGSTOP");
  const { code, out } = await holdfast.run("doctor", "--json");
  const daemon = (JSON.parse(out) as readonly Finding[]).find(({ check }) => check === "daemon");
  expect([code, daemon]).toEqual([
    1,
    expect.objectContaining({
      level: "problem",
      text: expect.stringContaining(`the daemon with pid ${pid} holds ${holdfast.home}, but `),
      remedy: `kill -9 ${pid} && holdfast daemon start`,
    }),
  ]);
  await holdfast.shell(daemon?.remedy ?? "false").ended;
  expect((await holdfast.run("doctor", "--json")).out).toMatch(/"check":"daemon","level":"ok"/);
  await holdfast.run("daemon", "stop");
});

test("a program that the daemon does not know, with what ends it", async () => {
  const holdfast = new Holdfast({ "notes.txt": "" });
  await holdfast.run("daemon", "start");
  const [boot = ""] = readdirSync(join(holdfast.home, "run"));
  writeFileSync(join(holdfast.home, "run", boot, "stray-1.pid"), "");
  const stray: ChildProcess = spawn("sleep", ["1000"], {
    env: { PATH: process.env["PATH"], HOLDFAST_COOKIE: "stray-1", HOLDFAST_E2E: holdfast.root },
    stdio: "ignore",
  });
  onTestFinished(() => void stray.kill("SIGKILL"));
  const { out } = await holdfast.run("doctor", "--json");
  const left = (JSON.parse(out) as readonly Finding[]).find(({ check }) => check === "leftovers");
  expect(left).toMatchObject({
    level: "warning",
    text: `programs run that the daemon does not know: pid ${stray.pid} (sleep 1000)`,
    remedy: `kill ${stray.pid}`,
  });
  const ended = new Promise((resolve) => stray.once("exit", (_, signal) => resolve(signal)));
  execFileSync("/bin/sh", ["-c", left?.remedy ?? "false"]);
  expect(await ended).toBe("SIGTERM");
  await holdfast.run("daemon", "stop");
});
