import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KeeperLauncher } from "../src/launcher/keeper.ts";
import { KEEPER_PROGRAM } from "../src/launcher/keeper-program.ts";
import { encodeFrame } from "../src/launcher/launch-frame.ts";
import type { LaunchRequest } from "../src/launcher/launcher.ts";
import { isAlive, type ProcessIdentity, processIdentity } from "../src/process/identity.ts";
import { readProcStat } from "../src/process/proc-stat.ts";
import { RunDirectory } from "../src/run-directory.ts";
import { removeHome } from "../src/testing/remove-home.ts";

const patient = { interval: 5, timeout: 10_000 };
const perl = "/usr/bin/perl";
let home: string;
let runs: RunDirectory;
let launcher: KeeperLauncher;
const started: ProcessIdentity[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "holdfast-keeper-"));
  runs = new RunDirectory(join(home, "run"), { clock: systemClock, pollMs: 50 });
});

afterEach(async () => {
  await launcher[Symbol.asyncDispose]();
  for (const identity of started.splice(0)) if (isAlive(identity)) process.kill(-identity.pid, "SIGKILL");
  runs.close();
  removeHome(home);
});

function request(cookie: string, argv: LaunchRequest["argv"]): LaunchRequest {
  return { cookie, argv, cwd: home, env: { PATH: "/usr/bin:/bin" }, output: join(home, "log") };
}

async function launch(
  cookie: string,
  argv: LaunchRequest["argv"] = ["sleep", "1000"],
): Promise<ProcessIdentity> {
  const identity = await launcher.launch(request(cookie, argv));
  started.push(identity);
  return identity;
}

function keeperPid(): number {
  const [name = ""] = readdirSync(runs.path).filter((entry) => entry.startsWith(".keeper-"));
  return Number(name.slice(".keeper-".length));
}

test("the keeper leads a session of its own, in which no app is, and shows its name", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  const { pid } = await launch("a");
  const keeper = readProcStat(keeperPid());
  expect(keeper).toMatchObject({ group: keeper?.pid, session: keeper?.pid, parent: process.pid });
  expect(readProcStat(pid)).toMatchObject({ parent: keeper?.pid, group: pid, session: pid });
  expect(readFileSync(`/proc/${keeper?.pid}/comm`, "latin1")).toBe("holdfast-keeper\n");
  expect(readFileSync(`/proc/${keeper?.pid}/cmdline`, "latin1").length).toBeLessThan(300);
});

test("signals meant for a whole terminal do not end the keeper", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  await launch("a");
  const pid = keeperPid();
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"] as const) process.kill(pid, signal);
  await launch("b");
  expect(keeperPid()).toBe(pid);
});

test("when the keeper is killed its programs run on, the next launch has a new one, and who ends is lost", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  const first = await launch("a");
  const pid = keeperPid();
  const exited = runs.exited("a");
  process.kill(pid, "SIGKILL");
  await expect.poll(() => processIdentity(pid), patient).toBeUndefined();
  expect(isAlive(first, "a")).toBe(true);
  const second = await launch("b");
  expect(readProcStat(second.pid)?.parent).not.toBe(pid);
  process.kill(first.pid, "SIGKILL");
  expect(await exited).toEqual({ kind: "lost" });
});

test("launches that a dying keeper never began are begun by the next one", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  await launch("a");
  const pid = keeperPid();
  // Stopped, so that nothing it is asked for from here on can be begun before it dies.
  process.kill(pid, "SIGSTOP");
  const launches = Promise.all(["b", "c", "d"].map((cookie) => launch(cookie)));
  process.kill(pid, "SIGKILL");
  const identities = await launches;
  expect(identities.map((identity, i) => isAlive(identity, "bcd"[i]))).toEqual([true, true, true]);
});

test("a launch that may have been begun is not begun twice", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  await launch("a");
  const pid = keeperPid();
  process.kill(pid, "SIGSTOP");
  const launched = launcher.launch(request("b", ["sleep", "1000"]));
  writeFileSync(join(runs.path, "b.pid"), "");
  process.kill(pid, "SIGKILL");
  await expect(launched).rejects.toMatchObject({ code: "SPAWN_FAILED", details: { phase: "keeper" } });
});

test("a keeper that cannot live fails the launch after three tries, by name", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl: "/bin/false" });
  await expect(launcher.launch(request("a", ["true"]))).rejects.toMatchObject({
    code: "SPAWN_FAILED",
    details: { phase: "keeper" },
    cause: { message: "the keeper ended with code 1" },
  });
});

test("an interpreter that is not there fails the launch", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl: "/no/perl" });
  await expect(launcher.launch(request("a", ["true"]))).rejects.toMatchObject({
    code: "SPAWN_FAILED",
    details: { phase: "keeper", error: "ENOENT" },
  });
});

test("a launch of which nothing is heard fails in time", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl, timeoutMs: 50 });
  await expect.poll(keeperPid, patient).toBeGreaterThan(0);
  const pid = keeperPid();
  process.kill(pid, "SIGSTOP");
  await expect(launcher.launch(request("a", ["true"]))).rejects.toMatchObject({
    details: { phase: "timeout" },
  });
  process.kill(pid, "SIGKILL");
});

test("what was asked for and not begun when the daemon died never is", () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  const frames = ["a", "b"].map((cookie) => encodeFrame(request(cookie, ["touch", join(home, "ran")])));
  const input = Buffer.concat(frames);
  const { status } = spawnSync(perl, ["-e", KEEPER_PROGRAM, runs.path, "0", "0", "0", "0"], {
    input,
    env: {},
  });
  expect(status).toBe(0);
  expect(existsSync(join(home, "ran"))).toBe(false);
  expect(runs.list()).toEqual([]);
});

test("on a machine whose system calls it does not know the keeper does without them", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  const frame = encodeFrame(request("a", ["sh", "-c", "exit 9"]));
  const keeper = spawn(perl, ["-e", KEEPER_PROGRAM, runs.path, "0", "0", "0", "0"], { env: {} });
  keeper.stdin.write(frame);
  expect(await runs.exited("a")).toEqual({ kind: "exited", code: 9 });
  const ended = new Promise((resolve) => keeper.once("exit", resolve));
  keeper.stdin.end();
  expect(await ended).toBe(0);
});

test("a launcher without programs leaves no process and no file", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  await launch("a", ["true"]);
  await runs.exited("a");
  const pid = keeperPid();
  await launcher[Symbol.asyncDispose]();
  await expect.poll(() => processIdentity(pid), patient).toBeUndefined();
  expect(readdirSync(runs.path).sort()).toEqual(["a.exit", "a.pid"]);
});

test("the orphans of a program are not left to an init that may reap late", async () => {
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
  await launch("a", ["sh", "-c", "setsid sh -c 'echo $$; exec sleep 0.1' & exit 0"]);
  await runs.exited("a");
  await expect.poll(() => readFileSync(join(home, "log"), "utf8"), patient).toMatch(/^\d+\n$/);
  const orphan = Number(readFileSync(join(home, "log"), "utf8"));
  expect(readProcStat(orphan)?.parent).toBe(keeperPid());
  await expect.poll(() => readProcStat(orphan), patient).toBeUndefined();
});

test.runIf(process.getuid?.() === 0)(
  "a program can become another user, by name or number, with its groups",
  async () => {
    launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl });
    const who = async (cookie: string, user: string): Promise<string> => {
      const output = join(home, `${cookie}.log`);
      await launcher.launch({ ...request(cookie, ["id"]), user, output, cwd: "/" });
      await runs.exited(cookie);
      return readFileSync(output, "utf8").trim();
    };
    expect(await who("a", "nobody")).toMatch(
      /^uid=65534\(nobody\) gid=65534\(nogroup\) groups=65534\(nogroup\)$/,
    );
    expect(await who("b", "1234:4321")).toBe("uid=1234 gid=4321 groups=4321");
    expect(await who("c", "1234")).toBe("uid=1234 gid=1234 groups=1234");
    expect(await who("d", "nobody:daemon")).toMatch(
      /^uid=65534\(nobody\) gid=1\(daemon\) groups=1\(daemon\)$/,
    );
    const failed = launcher.launch({ ...request("e", ["id"]), user: "no-such-user" });
    await expect(failed).rejects.toMatchObject({ details: { phase: "user", error: "EINVAL" } });
  },
);

test("A-09 a keeper whose interpreter is gone says so before anything is launched", async () => {
  const own = join(home, "perl");
  launcher = new KeeperLauncher({ runDirectory: runs, clock: systemClock, perl: own });
  for (let look = 0; look < 1_000 && launcher.unavailable() === undefined; look++) await systemClock.sleep(5);
  expect(launcher.unavailable()).toBe(`${own} is gone or cannot be executed: install perl-base`);
  symlinkSync(perl, own);
  expect(launcher.unavailable()).toBeUndefined();
});
