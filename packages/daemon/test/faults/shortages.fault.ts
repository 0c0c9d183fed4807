/** F5, F6, F7: no room on the disk, no file left to open, no process left to start. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { socketPathOf } from "@holdfast/platform";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { lacking } from "./needs.ts";
import { heartbeat, longestGapMs, waiting } from "./operations.ts";
import { scaled, spread } from "./scale.ts";

const web = { targets: [{ project: "shop", name: "web" }] };

test("F5: on a full disk changes are refused, apps go on, and all is well once there is room", {
  timeout: 120_000,
}, async ({ skip }) => {
  const lack = lacking("root", "mount");
  if (lack !== undefined) skip(lack);
  const daemon = new KillableDaemon();
  mkdirSync(daemon.home, { mode: 0o700 });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", daemon.home]);
  if (mounted.status !== 0) skip("skipped: needs a tmpfs that may be mounted");
  try {
    await daemon.start();
    const apps = [heartbeat(daemon.root), waiting("web", daemon.root, restart("always"))];
    await daemon.api.call("apps.apply", { spec: projectSpec(apps) });
    await daemon.settle();
    const before = daemon.programs();
    const filler = join(daemon.home, "filler");
    fill(filler);

    for (const ask of [
      () => daemon.api.call("apps.apply", { spec: projectSpec([...apps, waiting("db", daemon.root)]) }),
      () => daemon.api.call("apps.restart", web),
      () => daemon.api.call("apps.start", web),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "E_NO_SPACE" });
    }
    expect(daemon.programs()).toEqual(before);
    expect((await daemon.api.call("apps.list", {})).map(({ name, state }) => `${name} ${state}`)).toEqual([
      "bystander running",
      "web running",
    ]);

    // Killed there, and started again once there is room: nothing is lost.
    await daemon.kill();
    rmSync(filler);
    await daemon.start();
    await daemon.settle();
    expect(daemon.programs()).toEqual(before);

    fill(filler);
    const began = systemClock.monotonic();
    rmSync(filler);
    await daemon.until("changes are taken again", async () =>
      daemon.api.call("apps.restart", web).then(
        () => true,
        () => false,
      ),
    );
    const recoveryMs = Math.round(systemClock.monotonic() - began);
    await daemon.settle();
    const gapMs = longestGapMs(daemon);
    console.log(
      `F5: full disk of 2 MiB: 3 of 3 changes refused with E_NO_SPACE, 0 apps touched, longest gap of an app ${gapMs} ms, changes taken again after ${recoveryMs} ms`,
    );
    expect(recoveryMs).toBeLessThan(2_000);
  } finally {
    await daemon.end();
    spawnSync("umount", ["-l", daemon.home]);
    await daemon.remove();
  }
});

test("F6: with few files to open, clients beyond the limit are turned away, and those there are answered", {
  timeout: 120_000,
}, async ({ skip }) => {
  const lack = lacking("prlimit");
  if (lack !== undefined) skip(lack);
  const daemon = new KillableDaemon();
  try {
    await daemon.start({ HOLDFAST_HTTP: "0" }, { under: ["prlimit", "--nofile=64:64"] });
    const { http } = await daemon.api.call("system.info", { settled: true });
    const token = readFileSync(join(daemon.home, "token"), "utf8").trim();
    const [own, other] = [daemon.api, await daemon.connect()];
    await own.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root)]) });
    const sockets = Array.from({ length: 200 }, () => connect(socketPathOf(daemon.home, {})));
    let turnedAway = 0;
    for (const socket of sockets) {
      socket.on("error", () => undefined);
      socket.on("close", () => turnedAway++);
    }
    const replies: number[] = [];
    const webSockets = Array.from({ length: 200 }, () => {
      const socket = connect(Number(new URL(http ?? "").port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.on("data", (data) => replies.push(Number(data.toString().split(" ")[1])));
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: ${new URL(http ?? "").host}\r\nAuthorization: Bearer ${token}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
      return socket;
    });
    const pings: number[] = [];
    for (let round = 0; round < 100; round++) {
      const began = systemClock.monotonic();
      await (round % 2 === 0 ? own : other).call("system.healthz", {});
      pings.push(systemClock.monotonic() - began);
      await systemClock.sleep(5);
    }
    expect(turnedAway).toBeGreaterThan(150);
    // The daemon still has files of its own: it reads the record of a program that it starts.
    const added = await own.call("apps.apply", {
      spec: projectSpec([heartbeat(daemon.root), waiting("web", daemon.root)]),
    });
    const ended = await own.call("operations.wait", { ids: added.operations.map(({ id }) => id) });
    expect(ended.map(({ error }) => error)).toEqual(ended.map(() => null));
    for (const socket of [...sockets, ...webSockets]) socket.destroy();
    expect(daemon.isDead).toBe(false);
    const admitted = replies.filter((code) => code === 101).length;
    const refused = replies.filter((code) => code === 503).length;
    console.log(
      `F6: 64 open files, 200 clients on the socket and 200 WebSockets: ${turnedAway} turned away, ${admitted} WebSockets let in, ${refused} answered 503; ping of those there: ${spread(pings)}`,
    );
    expect(admitted).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(pings.toSorted((a, b) => a - b)[50]).toBeLessThan(100);
  } finally {
    await daemon.remove();
  }
});

const pidsController = "/sys/fs/cgroup/pids";

test("F7: a machine without room for a process fails starts one by one, and the daemon lives", {
  timeout: 300_000,
}, async ({ skip }) => {
  const lack = lacking("root");
  if (lack !== undefined) skip(lack);
  if (!existsSync(join(pidsController, "cgroup.procs")))
    skip("skipped: needs the pids controller of cgroups version 1");
  const daemon = new KillableDaemon();
  const group = join(pidsController, `holdfast-fault-${process.pid}`);
  try {
    await daemon.start({ HOLDFAST_CGROUP: "off" });
    mkdirSync(group);
    const keeper = daemon.keeperPid();
    writeFileSync(join(group, "cgroup.procs"), `${keeper}`);
    writeFileSync(join(group, "pids.max"), "1");
    const failures = scaled(100, 1_000);
    const backoff = { initialMs: 1, maxMs: 1, factor: 1, resetAfterMs: 10_000 };
    const { restart: always } = restart("always");
    const app = waiting("web", daemon.root, { restart: { ...always, backoff } });
    await daemon.api.call("apps.apply", { spec: projectSpec([app]) });
    const row = async () => (await daemon.api.call("apps.list", {}))[0];
    await daemon.until(
      "so many starts failed",
      async () => ((await row())?.restarts ?? 0) >= failures,
      200_000,
    );
    expect((await row())?.lastError).toContain("EAGAIN");
    expect(daemon.isDead).toBe(false);
    writeFileSync(join(group, "pids.max"), "max");
    await daemon.until("it runs", async () => (await row())?.state === "running");
    expect(daemon.programs().length).toBe(1);
    console.log(
      `F7: ${failures} starts failed with EAGAIN: the daemon lives, and the app runs once there is room`,
    );
  } finally {
    await daemon.remove();
    await daemon.until("the group is empty", () => {
      try {
        rmdirSync(group);
        return true;
      } catch {
        return !existsSync(group);
      }
    });
  }
});

function fill(path: string): void {
  spawnSync("/bin/sh", ["-c", 'cat /dev/zero > "$0" 2>/dev/null', path]);
}
